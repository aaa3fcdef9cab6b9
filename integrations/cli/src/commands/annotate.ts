// `wasmwarden annotate`: put metadata into a module.
import { Argument, Option, type Command } from 'commander';
import { Fault } from 'wasmwarden';
import { annotateModule, moduleData, readPolicyModule, type Metadata } from 'wasmwarden/policy';

import { aboutModule } from '../about-module.js';
import { annotatedMetadata, assertModeFits, assertPublishable } from '../annotation.js';
import { compareCapabilities } from '../capability-scan.js';
import { parseDocument } from '../documents.js';
import { documentRole, moduleRole, readFile, writeWhole } from '../files.js';
import { locatePolicy } from '../policy-location.js';
import { createCommandRuntime, logTo } from '../policy-runner.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';
import { addDownloadOptions, type SourceFlags } from '../source-options.js';

interface AnnotateFlags extends SourceFlags {
  readonly metadataPath: string;
  readonly outputPath: string;
  readonly usagePath?: string;
}

/** 5 seconds for a policy to say which protocol it speaks; a hostile one says nothing for ever. */
const timeoutMs = 5_000;

/** Adds the command to the program. */
export function addAnnotateCommand(program: Command, session: Session): void {
  const command = addDownloadOptions(program.command('annotate'))
    .description('put metadata into a module')
    .addArgument(new Argument('<wasm>', 'the module: a .wasm file, a URI (file, http, https, registry), or the beginning of a stored digest'))
    .addOption(new Option('-m, --metadata-path <file>', 'the metadata, as YAML (required)'))
    .addOption(new Option('-o, --output-path <file>', 'the module to write; the input is left alone unless it is the same file (required)'))
    .addOption(new Option('-u, --usage-path <file>', 'a text on how to use the policy, as Markdown'))
    .addHelpText('after', '\nExamples:\n  wasmwarden annotate policy.wasm -m metadata.yml -u README.md -o annotated-policy.wasm');
  command.action((wasm: string, flags: AnnotateFlags) => {
    requireOptions(command, ['metadataPath', 'outputPath']);
    return annotate(wasm, flags, session);
  });
}

async function annotate(wasm: string, flags: AnnotateFlags, session: Session): Promise<void> {
  const { metadataPath, outputPath, usagePath } = flags;
  const { path, uri } = await locatePolicy(wasm, flags, session);
  const bytes = await readFile(path, moduleRole);
  const { abi } = aboutModule(uri, () => readPolicyModule(bytes));
  const document = parseDocument(await readFile(metadataPath, documentRole('the metadata')), `the metadata '${metadataPath}'`);
  const usage = usagePath === undefined ? undefined : new TextDecoder().decode(await readFile(usagePath, documentRole('the usage')));
  const written = annotatedMetadata(document, { version: session.version, usage });
  assertModeFits(written, abi);
  const metadata: Metadata = { ...written, protocolVersion: written.executionMode === 'kubewarden-wapc' ? await protocolVersion(bytes, written, session) : 'Unknown' };
  assertPublishable(metadata);
  warnOfCapabilities(moduleData(bytes), metadata, session);
  await writeWhole(outputPath, annotateModule(bytes, metadata));
}

/** Asks the policy itself, under the limits of any evaluation. */
async function protocolVersion(bytes: Uint8Array, metadata: Metadata, { output }: Session): Promise<Metadata['protocolVersion']> {
  // The runtime refuses what the old metadata may ask for, so it gets metadata that asks for nothing.
  const module = annotateModule(bytes, { ...metadata, protocolVersion: 'v1', minimumKubewardenVersion: undefined });
  await using runtime = createCommandRuntime(timeoutMs, logTo(output));
  const loaded = (await runtime.load({ policy: { module } })).get('policy');
  if (loaded?.kind === 'unusable') throw new Fault(loaded.fault.code, `Cannot ask the policy for its protocol version: ${loaded.fault.message}`, { cause: loaded.fault });
  return await runtime.protocolVersion('policy');
}

function warnOfCapabilities(data: Uint8Array, { hostCapabilities = [] }: Metadata, { output }: Session): void {
  const { undeclared, undetected } = compareCapabilities(data, hostCapabilities);
  if (undeclared.length > 0) output.log('warn', `host capabilities used by the policy but not declared in metadata: ${undeclared.join(', ')}`);
  if (undetected.length > 0) output.log('warn', `host capabilities declared in metadata but not detected in the policy: ${undetected.join(', ')}`);
}
