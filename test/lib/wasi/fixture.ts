// Builds the command modules of fixtures/wasi: WAT with wabt, AssemblyScript with asc. Nothing is written to disk.

import { readFileSync } from 'node:fs';

import asc from 'assemblyscript/asc';

import { wat } from '../../support/wat.js';

const folder = new URL('../../../../fixtures/wasi/', import.meta.url);

/** Compiles AssemblyScript to a module without imports of its own. */
async function compiled(name: string, source: string): Promise<Uint8Array<ArrayBuffer>> {
  let binary: Uint8Array | undefined;
  const stderr = asc.createMemoryStream();
  const { error } = await asc.main([name, '--outFile', 'out.wasm', '-O', '--runtime', 'stub', '--use', 'abort='], {
    readFile: (path) => (path === name ? source : null),
    writeFile: (path, contents) => {
      if (path === 'out.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
    stderr,
  });
  if (error !== null || binary === undefined) throw new Error(`${name} does not compile: ${stderr.toString()}`);
  return new Uint8Array(binary);
}

const built = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

async function build(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const source = readFileSync(new URL(file, folder), 'utf8');
  return file.endsWith('.wat') ? wat(source, file) : compiled(file, source);
}

/** The module of one file of fixtures/wasi, built once per process. */
export function fixture(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const module = built.get(file) ?? build(file);
  built.set(file, module);
  return module;
}
