// `wasmwarden load`: the policies of an archive into the store.
import { Option, type Command } from 'commander';

import { openStore } from '../policy-sources.js';
import { requireOptions } from '../required-options.js';
import type { Session } from '../session.js';

interface LoadFlags {
  readonly input: string;
}

/** Adds the command to the program. */
export function addLoadCommand(program: Command, session: Session): void {
  const command = program
    .command('load')
    .description('add the policies of an archive to the store')
    .addOption(new Option('--input <file>', 'the archive, as `save` writes it (required)'))
    .addHelpText('after', '\nExamples:\n  wasmwarden load --input policies.tar.gz');
  command.action((flags: LoadFlags) => {
    requireOptions(command, ['input']);
    return load(flags, session);
  });
}

async function load({ input }: LoadFlags, session: Session): Promise<void> {
  const { loadArchive } = await import('wasmwarden/source');
  const uris = await loadArchive(await openStore(session), input);
  for (const uri of uris) session.output.log('info', `loaded ${uri}`);
}
