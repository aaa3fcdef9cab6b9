// `wasmwarden push`: publish a policy in a registry, with its metadata's annotations.
import { Argument, Option, type Command } from 'commander';
import { Fault } from 'wasmwarden';
import { readMetadata, readPolicyModule } from 'wasmwarden/policy';

import { aboutModule } from '../about-module.js';
import { moduleRole, readFile } from '../files.js';
import { locatePolicy } from '../policy-location.js';
import { openSources } from '../policy-sources.js';
import type { Session } from '../session.js';
import { addSourceOptions, type SourceFlags } from '../source-options.js';

interface PushFlags extends SourceFlags {
  readonly force?: boolean;
  readonly output: 'text' | 'json';
}

/** Adds the command to the program. */
export function addPushCommand(program: Command, session: Session): void {
  addSourceOptions(program.command('push'))
    .description('publish a policy in a registry')
    .addArgument(new Argument('<policy>', 'a .wasm file, a URI (file, http, https, registry), or the beginning of a stored digest'))
    .addArgument(new Argument('<uri>', 'where to: registry://host/name:tag; the scheme may be left out'))
    .addOption(new Option('-f, --force', 'push a policy without metadata too'))
    .addOption(new Option('-o, --output <format>', 'how to print the immutable reference of what was pushed').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  wasmwarden push annotated-policy.wasm registry://registry.example/policies/mine:v1\n  wasmwarden push annotated-policy.wasm localhost:5000/mine:v1 -o json | jq -r .immutable_ref')
    .action((policy: string, uri: string, flags: PushFlags) => push(policy, uri, flags, session));
}

/** The words of a command line with `--force` as the switch that it is: the reference's wants a value, and scripts give it `true`. */
export function withBareForce(words: readonly string[]): readonly string[] {
  if (!words.includes('push')) return words;
  const isValue = (word: string, index: number): boolean => word === 'true' && ['-f', '--force'].includes(words[index - 1] ?? '');
  return words.filter((word, index) => !isValue(word, index)).map((word) => (word === '--force=true' ? '--force' : word));
}

async function push(policy: string, uri: string, flags: PushFlags, session: Session): Promise<void> {
  const { parseDestination, pushModule } = await import('wasmwarden/source');
  const { output } = session;
  const destination = parseDestination(uri);
  const { path, uri: origin } = await locatePolicy(policy, flags, session);
  const module = await readFile(path, moduleRole);
  const annotations = await annotationsOf({ module, origin }, flags, session);
  await using sources = await openSources(flags, session);
  const reference = await pushModule(sources.clients.registry, { module, destination, annotations });
  output.result(flags.output === 'json' ? `${JSON.stringify({ immutable_ref: reference })}\n` : `Policy successfully pushed: ${reference}\n`);
}

async function annotationsOf({ module, origin }: { readonly module: Uint8Array; readonly origin: string }, { force }: PushFlags, { output }: Session): Promise<Readonly<Record<string, string>>> {
  const { manifestAnnotations } = await import('wasmwarden/source');
  const metadata = aboutModule(origin, () => readMetadata(module));
  if (metadata === undefined) {
    if (force !== true) throw new Fault('METADATA_MISSING', 'Cannot push a policy that is not annotated. Use `annotate` command or `push --force` ');
    // Nobody could tell such a module from one for the other Rego engine.
    if (aboutModule(origin, () => readPolicyModule(module)).abi === 'opa') throw new Fault('METADATA_MISSING', 'Rego policies cannot be pushed without metadata');
    output.log('warn', 'Warning: pushing a non-annotated policy!');
    return {};
  }
  const { annotations, dropped } = manifestAnnotations(metadata.annotations ?? {});
  if (dropped.length > 0) output.log('warn', `annotations of several lines do not fit a manifest and are left out: ${dropped.join(', ')}`);
  return annotations;
}
