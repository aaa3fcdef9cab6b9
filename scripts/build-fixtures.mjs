#!/usr/bin/env node
// Builds the guests of fixtures/policies into build/fixtures/policies/<name>.wasm with npm packages only, and skips
// those whose sources have not changed. Guests whose compilers are no npm packages are committed and only annotated here.
//
//   npm run fixtures [-- name ...]

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { compileAssemblyScript } from './fixtures/assemblyscript.mjs';
import { annotated } from './fixtures/metadata.mjs';
import { buildJavaScript, engine } from './fixtures/quickjs.mjs';
import { readSums, sumOf, sumsFile } from './fixtures/sums.mjs';
import { assembleWat } from './fixtures/wat.mjs';

const top = fileURLToPath(new URL('..', import.meta.url));
const sources = join(top, 'fixtures/policies');
const target = join(top, 'build/fixtures/policies');

/** Every file below a folder, sorted. */
function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]))
    .sort();
}

function versionOf(name) {
  return JSON.parse(readFileSync(join(top, 'node_modules', name, 'package.json'), 'utf8')).version;
}

/**
 * How each sort of source becomes a module: `entry` marks the folder of a fixture, `shared` is what all of the sort
 * read besides their own folder, `tools` are the packages whose version matters.
 */
const languages = [
  {
    entry: 'policy.ts',
    shared: ['fixtures/policies/assemblyscript', 'scripts/fixtures/assemblyscript.mjs'],
    tools: ['assemblyscript'],
    build: (entry) => compileAssemblyScript(top, relative(top, dirname(entry))),
  },
  {
    entry: 'policy.js',
    shared: ['fixtures/policies/javascript', 'scripts/fixtures/quickjs.mjs', 'scripts/fixtures/wat.mjs'],
    tools: ['assemblyscript', 'wabt', engine],
    build: (entry) => buildJavaScript(join(sources, 'javascript'), entry),
  },
  {
    // Committed: see build-native-fixtures.mjs.
    entry: 'policy.wasm',
    shared: [`fixtures/policies/${sumsFile}`],
    tools: [],
    build: committed,
  },
];

/** A committed module, if it is the one that was committed. */
async function committed(entry) {
  const wasm = readFileSync(entry);
  const path = relative(sources, entry);
  if (readSums(sources).get(path) !== sumOf(wasm)) throw new Error(`${path} is not the file of ${sumsFile}: run \`npm run fixtures:native\``);
  return wasm;
}

const wat = {
  shared: ['fixtures/policies/adversarial/parts', 'scripts/fixtures/wat.mjs'],
  tools: ['wabt'],
  build: assembleWat,
};

/** All fixtures: `{ name, files, metadata?, build }`, sorted by name. */
function fixtures() {
  const found = readdirSync(sources, { withFileTypes: true }).filter((entry) => entry.isDirectory()).flatMap(({ name }) => {
    const folder = join(sources, name);
    if (name === 'adversarial') return adversarial(folder);
    return languages
      .filter(({ entry }) => existsSync(join(folder, entry)))
      .map((language) => fixture(name, language, join(folder, language.entry), filesBelow(folder), join(folder, 'metadata.yml')));
  });
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function adversarial(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.wat'))
    .map((name) => fixture(`adversarial/${basename(name, '.wat')}`, wat, join(folder, name), [join(folder, name)]));
}

function fixture(name, language, entry, ownFiles, metadataPath) {
  const files = [...ownFiles, ...language.shared.map((path) => join(top, path)).flatMap((path) => (statSync(path).isDirectory() ? filesBelow(path) : [path]))];
  const metadata = metadataPath !== undefined && existsSync(metadataPath) ? metadataPath : undefined;
  return { name, files, tools: language.tools, metadata, build: () => language.build(entry) };
}

/** Changes when any input of a fixture does. */
function fingerprint({ files, tools }) {
  const hash = createHash('sha256');
  for (const tool of tools) hash.update(`${tool}@${versionOf(tool)}\n`);
  for (const path of [...files, join(top, 'scripts/fixtures/metadata.mjs')]) {
    const bytes = readFileSync(path);
    hash.update(`${relative(top, path)} ${bytes.length}\n`).update(bytes);
  }
  return hash.digest('hex');
}

/** Writes beside and renames, so that a reader never sees half a file. */
function writeWhole(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const beside = `${path}.${process.pid}`;
  writeFileSync(beside, content);
  renameSync(beside, path);
}

function readRecord(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return {};
  }
}

/** Removes what was built from sources that are gone. */
function prune(all) {
  if (!existsSync(target)) return;
  const kept = new Set(all.map(({ name }) => join(target, `${name}.wasm`)));
  for (const path of filesBelow(target)) if (path.endsWith('.wasm') && !kept.has(path)) rmSync(path);
}

async function main(wanted) {
  const all = fixtures();
  const unknown = wanted.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) throw new Error(`there is no fixture '${unknown}'; the names are the folders of fixtures/policies and adversarial/<file>`);
  prune(all);
  const recordPath = join(target, 'fingerprints.json');
  const record = readRecord(recordPath);
  let built = 0;
  const began = performance.now();
  for (const one of all.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const path = join(target, `${one.name}.wasm`);
    const current = fingerprint(one);
    if (record[one.name] === current && existsSync(path)) continue;
    const started = performance.now();
    const bytes = await one.build().catch((error) => {
      throw new Error(`could not build the fixture '${one.name}': ${error.message}`);
    });
    const wasm = one.metadata === undefined ? bytes : annotated(bytes, one.metadata);
    writeWhole(path, wasm);
    record[one.name] = current;
    writeWhole(recordPath, `${JSON.stringify(record, undefined, 1)}\n`);
    built += 1;
    console.log(`${one.name}  ${wasm.length} bytes  ${Math.round(performance.now() - started)} ms`);
  }
  console.log(`${built} built, ${all.length - built} unchanged, ${((performance.now() - began) / 1000).toFixed(1)} s`);
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`fixtures: ${error.message}`);
  process.exitCode = 1;
}
