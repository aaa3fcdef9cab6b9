// `wasmwarden rm`: remove a policy from the store.
import { Argument, type Command } from 'commander';

import { openStore } from '../policy-sources.js';
import type { Session } from '../session.js';
import { findStored } from '../stored-policy.js';

/** Adds the command to the program. */
export function addRmCommand(program: Command, session: Session): void {
  program
    .command('rm')
    .description('remove a policy from the store')
    .addArgument(new Argument('<policy>', 'the URI the policy was pulled from, or the beginning of its digest'))
    .addHelpText('after', '\nExamples:\n  wasmwarden rm registry://ghcr.io/kubewarden/policies/pod-privileged:v1\n  wasmwarden rm 8b0a5e2d')
    .action((policy: string) => remove(policy, session));
}

async function remove(policy: string, session: Session): Promise<void> {
  const store = await openStore(session);
  await store.remove(await findStored(store, policy));
}
