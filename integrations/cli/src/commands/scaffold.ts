// `wasmwarden scaffold`: first versions of the files an author needs.
import { Option, type Command } from 'commander';

import { parseDocument } from '../documents.js';
import { documentRole, readFile } from '../files.js';
import { formatJson } from '../json-text.js';
import { requireOptions } from '../required-options.js';
import { scaffoldRequest, type RequestBlueprint } from '../scaffolded-request.js';
import type { Session } from '../session.js';

interface AdmissionRequestFlags {
  readonly operation: RequestBlueprint['operation'];
  readonly object?: string;
  readonly oldObject?: string;
}

/** The files that an operation is about. */
const needs: Readonly<Record<RequestBlueprint['operation'], readonly string[]>> = { CREATE: ['object'], UPDATE: ['object', 'oldObject'], DELETE: ['oldObject'] };

/** Adds the command to the program. */
export function addScaffoldCommand(program: Command, session: Session): void {
  const scaffold = program
    .command('scaffold')
    .description('write first versions of the files an author needs')
    .addHelpText('after', '\nExamples:\n  wasmwarden scaffold admission-request -o CREATE --object pod.yaml');
  const command = scaffold
    .command('admission-request')
    .description('print the request an API server would send about an object')
    .addOption(new Option('-o, --operation <operation>', 'what happens to the object (required)').choices(Object.keys(needs)))
    .addOption(new Option('--object <file>', 'the object after the operation, as YAML or JSON (for CREATE and UPDATE)'))
    .addOption(new Option('--old-object <file>', 'the object before the operation (for UPDATE and DELETE)'))
    .addHelpText('after', '\nExamples:\n  wasmwarden scaffold admission-request -o CREATE --object pod.yaml > request.json\n  wasmwarden scaffold admission-request -o DELETE --old-object pod.yaml | wasmwarden run policy.wasm -r -');
  command.action(async (flags: AdmissionRequestFlags) => {
    requireOptions(command, ['operation']);
    requireOptions(command, needs[flags.operation]);
    const wanted = (key: 'object' | 'oldObject'): Promise<unknown> => readObject(needs[flags.operation].includes(key) ? flags[key] : undefined);
    const { request, warnings } = scaffoldRequest({ operation: flags.operation, object: await wanted('object'), oldObject: await wanted('oldObject') });
    for (const warning of warnings) session.output.log('warn', warning);
    session.output.result(`${formatJson(request)}\n`);
  });
}

async function readObject(path: string | undefined): Promise<unknown> {
  if (path === undefined) return undefined;
  return parseDocument(await readFile(path, documentRole('the object')), `the object '${path}'`);
}
