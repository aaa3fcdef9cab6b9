// `wasmwarden save`: stored policies as one archive, for machines without a network.
import { resolve } from 'node:path';

import { Argument, Option, type Command } from 'commander';

import { openStore } from '../policy-sources.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';
import { findUsable } from '../stored-policy.js';

interface SaveFlags {
  readonly output: string;
}

/** Adds the command to the program. */
export function addSaveCommand(program: Command, session: Session): void {
  const command = program
    .command('save')
    .description('write stored policies to an archive')
    .addArgument(new Argument('<policies...>', 'the URIs the policies were pulled from, or the beginnings of their digests'))
    .addOption(new Option('-o, --output <file>', 'the archive to write, a gzipped tar (required)'))
    .addHelpText('after', '\nExamples:\n  wasmwarden save registry://ghcr.io/kubewarden/policies/pod-privileged:v1 -o policies.tar.gz');
  command.action((policies: readonly string[], flags: SaveFlags) => {
    requireOptions(command, ['output']);
    return save(policies, flags, session);
  });
}

async function save(policies: readonly string[], { output }: SaveFlags, session: Session): Promise<void> {
  const { saveArchive } = await import('wasmwarden/source');
  const store = await openStore(session);
  const paths = await Promise.all(policies.map((policy) => findUsable(store, policy)));
  await saveArchive(store, [...new Set(paths)], resolve(output));
}
