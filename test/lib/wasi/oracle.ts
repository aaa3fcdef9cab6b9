// Runs a module under another WASI implementation, in a child process, and returns what it did.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import type { TracedRun } from './trace.js';

/** An implementation to compare with. */
export type Oracle = 'node' | 'wasmer';

const entry = fileURLToPath(new URL('oracle-entry.js', import.meta.url));

/** What a run is given. `streams`: files can be positioned and are never polled, pipes (sockets, in Node) the other way round. */
export interface RunInput {
  readonly args: readonly string[];
  readonly stdin: string;
  readonly streams: 'file' | 'pipe';
}

/** What the module did there. */
export function runOn(oracle: Oracle, bytes: Uint8Array, { args, stdin, streams }: RunInput): TracedRun {
  const folder = mkdtempSync(join(tmpdir(), 'wasmwarden-wasi-'));
  const path = (name: string) => join(folder, name);
  writeFileSync(path('module.wasm'), bytes);
  writeFileSync(path('stdin'), stdin);
  const files = [openSync(path('stdin'), 'r'), openSync(path('stdout'), 'w'), openSync(path('stderr'), 'w')];
  const trace = openSync(path('trace'), 'w');
  try {
    const child = spawnSync(process.execPath, ['--no-warnings', entry, oracle, path('module.wasm'), JSON.stringify(args)], {
      stdio: [...(streams === 'file' ? files : (['pipe', 'pipe', 'pipe'] as const)), trace],
      input: stdin,
      timeout: 60_000,
    });
    const output = (index: 1 | 2) => child.output[index]?.toString('utf8') ?? readFileSync(path(index === 1 ? 'stdout' : 'stderr'), 'utf8');
    if (child.status !== 0) throw new Error(`${oracle} ended with ${String(child.status ?? child.signal)}: ${output(2)}`);
    const run = JSON.parse(readFileSync(path('trace'), 'utf8')) as TracedRun;
    return oracle === 'node' ? { ...run, stdout: output(1), stderr: output(2) } : run;
  } finally {
    for (const descriptor of [...files, trace]) closeSync(descriptor);
    rmSync(folder, { recursive: true });
  }
}
