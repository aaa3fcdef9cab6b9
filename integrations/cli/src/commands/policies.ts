// `wasmwarden policies`: what is in the store.
import { Option, type Command } from 'commander';
import { isFault } from 'wasmwarden';
import { readMetadata, type Metadata } from 'wasmwarden/policy';
import type { ListedModule } from 'wasmwarden/source';

import { formatBytes } from '../byte-size.js';
import { formatColumns } from '../columns.js';
import { moduleRole, readFile } from '../files.js';
import { openStore } from '../policy-sources.js';
import type { Session } from '../session.js';

interface PoliciesFlags {
  readonly output: 'text' | 'json';
}

/** A stored policy as it is listed. */
interface PolicyEntry {
  readonly policy: string;
  readonly mutating: 'yes' | 'no' | 'unknown';
  readonly contextAware: 'yes' | 'no';
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Adds the command to the program. */
export function addPoliciesCommand(program: Command, session: Session): void {
  program
    .command('policies')
    .description('list the policies in the store')
    .addOption(new Option('--output <format>', 'how to print the list').choices(['text', 'json']).default('text'))
    .addHelpText('after', '\nExamples:\n  wasmwarden policies\n  wasmwarden policies --output json | jq -r .[].policy')
    .action((flags: PoliciesFlags) => policies(flags, session));
}

async function policies({ output: format }: PoliciesFlags, session: Session): Promise<void> {
  const listed = await (await openStore(session)).list();
  const entries = await Promise.all(listed.map(entryOf));
  const { output } = session;
  if (format === 'json') output.result(`${JSON.stringify(entries)}\n`);
  else if (entries.length > 0) output.result(tableOf(entries, output));
}

async function entryOf({ uri, path, digest, bytes }: ListedModule): Promise<PolicyEntry> {
  const metadata = await metadataOf(path);
  const mutating = metadata === undefined ? 'unknown' : metadata.mutating ? 'yes' : 'no';
  const contextAware = (metadata?.contextAwareResources ?? []).length > 0 ? 'yes' : 'no';
  return { policy: uri, mutating, contextAware, sha256: digest.slice('sha256:'.length), sizeBytes: bytes };
}

/** One unreadable policy must not hide the others: another program may have stored it, or be removing it now. */
async function metadataOf(path: string): Promise<Metadata | undefined> {
  try {
    return readMetadata(await readFile(path, moduleRole));
  } catch (thrown) {
    if (isFault(thrown)) return undefined;
    throw thrown;
  }
}

function tableOf(entries: readonly PolicyEntry[], { palette }: Session['output']): string {
  const rows = entries.map(({ policy, mutating, contextAware, sha256, sizeBytes }) => [policy, mutating, contextAware, sha256.slice(0, 12), formatBytes(sizeBytes)]);
  return formatColumns(['Policy', 'Mutating', 'Context aware', 'SHA-256', 'Size'], rows, palette);
}
