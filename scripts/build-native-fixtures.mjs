#!/usr/bin/env node
// Rebuilds the guests whose modules are committed, because their compilers are Debian packages and no npm ones.
//
//   npm run fixtures:native              writes policy.wasm beside each source, and SHA256SUMS
//   npm run fixtures:native -- --check   compares instead: the same sources must give the same bytes

import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { guestsOf, lackOf, toolchains } from './fixtures/native.mjs';
import { formatSums, readSums, sumOf, sumsFile } from './fixtures/sums.mjs';

const top = fileURLToPath(new URL('..', import.meta.url));
const sources = join(top, 'fixtures/policies');
const scratch = join(top, 'build/native');
const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });

/** The file itself, or every file below a folder. */
function filesBelow(path) {
  return statSync(path).isDirectory() ? readdirSync(path).flatMap((name) => filesBelow(join(path, name))) : [path];
}

function put(name, wasm, sums) {
  writeFileSync(join(sources, name, 'policy.wasm'), wasm);
  sums.set(`${name}/policy.wasm`, sumOf(wasm));
  console.log(`${name}  ${wasm.length} bytes`);
}

function compare(name, wasm, sums) {
  const committed = sums.get(`${name}/policy.wasm`);
  if (committed !== sumOf(wasm)) throw new Error(`'${name}' built from its sources has ${sumOf(wasm)}, SHA256SUMS says ${committed ?? 'nothing'}`);
  console.log(`${name}  the same bytes`);
}

function main() {
  const sums = readSums(sources);
  mkdirSync(scratch, { recursive: true });
  for (const toolchain of toolchains) {
    const lack = lackOf(toolchain);
    const names = guestsOf(toolchain, sources);
    if (lack !== undefined) {
      console.log(`skipped: ${names.length} ${toolchain.language} guests, because ${lack} (apt-get install ${toolchain.packages})`);
      continue;
    }
    for (const name of names) {
      const wasm = toolchain.build(sources, name, scratch);
      if (options.check) compare(name, wasm, sums);
      else put(name, wasm, sums);
    }
    if (options.check) continue;
    const own = [...toolchain.shared, ...names];
    for (const path of sums.keys()) if (own.includes(path.split('/')[0]) && !path.endsWith('.wasm')) sums.delete(path);
    for (const path of own.flatMap((name) => filesBelow(join(sources, name)))) {
      if (!path.endsWith('metadata.yml')) sums.set(relative(sources, path), sumOf(readFileSync(path)));
    }
  }
  if (!options.check) writeFileSync(join(sources, sumsFile), formatSums(sums));
}

try {
  main();
} catch (error) {
  console.error(`fixtures: ${error.message}`);
  process.exitCode = 1;
}
