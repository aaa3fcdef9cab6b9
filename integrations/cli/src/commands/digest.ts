// `wasmwarden digest`: the digest that a registry reference points to now.
import { Argument, Option, type Command } from 'commander';
import { Fault } from 'wasmwarden';

import { openSources } from '../policy-sources.js';
import type { Session } from '../session.js';
import { addSourceOptions, type SourceFlags } from '../source-options.js';

interface DigestFlags extends SourceFlags {
  readonly output: 'text' | 'json';
}

/** Adds the command to the program. */
export function addDigestCommand(program: Command, session: Session): void {
  addSourceOptions(program.command('digest'))
    .description('print the digest of the manifest that a registry reference points to')
    .addArgument(new Argument('<uri>', 'registry://host/name:tag; the scheme may be left out'))
    .addOption(new Option('--output <format>', 'how to print it').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  wasmwarden digest registry://ghcr.io/kubewarden/policies/pod-privileged:v1')
    .action((uri: string, flags: DigestFlags) => digest(uri, flags, session));
}

async function digest(uri: string, flags: DigestFlags, session: Session): Promise<void> {
  const { parseLocation } = await import('wasmwarden/source');
  const location = parseLocation(uri);
  if (location.kind !== 'registry') throw new Fault('LOCATION_INVALID', `Cannot tell the digest of ${location.uri}: only registries have manifests.`);
  await using sources = await openSources(flags, session);
  const found = await sources.clients.registry.resolveDigest(location.reference, new AbortController().signal);
  session.output.result(flags.output === 'json' ? `${JSON.stringify({ uri, digest: found })}\n` : `${uri}@${found}\n`);
}
