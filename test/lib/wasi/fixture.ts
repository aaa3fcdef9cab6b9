// Builds the command modules of fixtures/wasi: WAT with wabt, AssemblyScript with asc.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { wat } from '../../support/wat.js';

const folder = new URL('../../../../fixtures/wasi/', import.meta.url);

/**
 * Compiles AssemblyScript to a module without imports of its own.
 *
 * In a process of its own and not by import: the compiler's declarations replace those of `Array` for the whole program.
 */
function compiled(name: string): Uint8Array<ArrayBuffer> {
  const target = join(mkdtempSync(join(tmpdir(), 'wasmwarden-')), 'out.wasm');
  const options = ['-O', '--runtime', 'stub', '--use', 'abort=', '--outFile', target];
  const run = spawnSync(process.execPath, ['node_modules/assemblyscript/bin/asc.js', fileURLToPath(new URL(name, folder)), ...options]);
  if (run.status !== 0) throw new Error(`${name} does not compile: ${run.stderr.toString()}`);
  const module = new Uint8Array(readFileSync(target));
  rmSync(dirname(target), { recursive: true });
  return module;
}

const built = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

function build(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return Promise.resolve(file.endsWith('.wat') ? wat(readFileSync(new URL(file, folder), 'utf8'), file) : compiled(file));
}

/** The module of one file of fixtures/wasi, built once per process. */
export function fixture(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const module = built.get(file) ?? build(file);
  built.set(file, module);
  return module;
}
