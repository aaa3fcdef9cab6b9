// `wasmwarden pull`: download a policy into the store, or into a file.
import { Argument, Option, type Command } from 'commander';
import { Fault, isFault } from 'wasmwarden';

import { openSources } from '../policy-sources.js';
import type { Session } from '../session.js';
import { addDownloadOptions, type SourceFlags } from '../source-options.js';

interface PullFlags extends SourceFlags {
  readonly outputPath?: string;
  readonly output: 'text' | 'json';
}

/** Adds the command to the program. */
export function addPullCommand(program: Command, session: Session): void {
  addDownloadOptions(program.command('pull'))
    .description('download a policy into the store')
    .addArgument(new Argument('<uri>', 'where the policy is: registry://, https:// or http://; without a scheme, a registry'))
    .addOption(new Option('-o, --output-path <path>', 'a file to write to instead of the store, or a folder for it'))
    .addOption(new Option('--output <format>', 'how to print the result').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  wasmwarden pull registry://ghcr.io/kubewarden/policies/pod-privileged:v1\n  wasmwarden pull https://example.com/policy.wasm -o policy.wasm')
    .action((uri: string, flags: PullFlags) => pull(uri, flags, session));
}

async function pull(text: string, flags: PullFlags, session: Session): Promise<void> {
  const { parseLocation } = await import('wasmwarden/source');
  const { output } = session;
  const { uri } = parseLocation(text);
  await using sources = await openSources(flags, session);
  output.log('info', `Pulling policy from ${uri}`);
  try {
    const { path, origin, digest } = await sources.fetch(text, { destination: flags.outputPath });
    output.log('info', `Successfully pulled policy from ${uri}`);
    if (flags.output === 'json') output.result(`${JSON.stringify({ uri, path, origin, digest })}\n`);
  } catch (thrown) {
    throw isFault(thrown) ? new Fault(thrown.code, `Failed to pull policy: ${thrown.message}`, { cause: thrown }) : thrown;
  }
}
