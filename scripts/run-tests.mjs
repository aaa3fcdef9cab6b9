#!/usr/bin/env node
// Runs uvu test files, each in a process of its own, and fails on what uvu lets pass: a file without tests, a suite
// that forgets `.run()`, a file that hangs. Prints `N passed, N failed` last.
//
//   node scripts/run-tests.mjs [--root build/test] [--exclude cluster] [--timeout 180] [--jobs 2] [--coverage] [pattern ...]

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { coverageFolder, reportCoverage } from './coverage-report.mjs';
import { describeHungProcess } from './hung-process.mjs';
import { seedProblems } from './seed-proofs.mjs';

const top = fileURLToPath(new URL('..', import.meta.url));
const { values: options, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: {
    root: { type: 'string', default: 'build/test' },
    exclude: { type: 'string', multiple: true, default: ['cluster'] },
    timeout: { type: 'string', default: '180' },
    jobs: { type: 'string', default: '2' },
    node: { type: 'string', default: process.execPath },
    coverage: { type: 'boolean', default: false },
  },
});

/** Every `*.test.js` below a folder, sorted, without the excluded folders. */
function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return options.exclude.includes(entry.name) ? [] : testFiles(path);
      return entry.name.endsWith('.test.js') ? [path] : [];
    })
    .sort();
}

/** Names of the suites in a file that are created and never run. */
function forgottenSuites(path) {
  const source = readFileSync(path, 'utf8');
  const names = [...source.matchAll(/(?:const|let|var)\s+(\w+)\s*=\s*suite\(/g)].map((match) => match[1]);
  return names.filter((name) => !new RegExp(`\\b${name}\\.run\\(\\)`).test(source));
}

/** The last number uvu printed behind a label, summed over the suites of the file. */
function count(output, label) {
  const plain = output.replaceAll(/\x1b\[[0-9;]*m/g, '');
  return [...plain.matchAll(new RegExp(`^ {2}${label}: +(\\d+)`, 'gm'))].reduce((sum, match) => sum + Number(match[1]), 0);
}

function run(path) {
  return new Promise((resolve) => {
    const child = spawn(options.node, ['--enable-source-maps', '--conditions=@wasmwarden/source', path], {
      cwd: top,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, FORCE_COLOR: '0', NO_COLOR: '1', ...(options.coverage ? { NODE_V8_COVERAGE: coverageFolder } : {}) },
    });
    let output = '';
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      output += `\n\n${describeHungProcess(child.pid).join('\n')}\n`;
      child.kill('SIGKILL');
    }, Number(options.timeout) * 1000);
    child.stdout.on('data', (chunk) => (output += chunk));
    child.stderr.on('data', (chunk) => (output += chunk));
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ output, code, signal, hung });
    });
  });
}

/** What went wrong with a file besides failed assertions, as sentences. */
function complaints(path, result, total, failed) {
  const found = [];
  if (result.hung) found.push(`did not end within ${options.timeout} s (a server, worker or timer was left open, or a test waits for ever)`);
  else if (result.code !== 0 && failed === 0) found.push(`ended with ${result.signal ?? `exit code ${result.code}`} although no test failed`);
  if (total === 0 && !result.hung) found.push('ran no test');
  for (const name of forgottenSuites(path)) found.push(`suite '${name}' is never run: add ${name}.run()`);
  return found;
}

const files = testFiles(join(top, options.root)).filter((path) => patterns.length === 0 || patterns.some((pattern) => path.includes(pattern)));
if (options.coverage) rmSync(coverageFolder, { recursive: true, force: true });
let passed = 0;
let failed = 0;
let skipped = 0;
const queue = [...files];
/** Test file to whether all of it passed. */
const results = new Map();

async function work() {
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const started = process.hrtime.bigint();
    const result = await run(path);
    const total = count(result.output, 'Total');
    const good = count(result.output, 'Passed');
    const passedOver = count(result.output, 'Skipped');
    // uvu leaves skipped tests out of its total.
    const bad = total - good;
    const problems = complaints(path, result, total + passedOver, bad);
    passed += good;
    skipped += passedOver;
    failed += bad + problems.length;
    const seconds = (Number(process.hrtime.bigint() - started) / 1e9).toFixed(1);
    const name = relative(join(top, 'build'), path).replace(/\.js$/, '');
    results.set(`${name}.ts`, bad + problems.length === 0);
    const mark = bad + problems.length > 0 ? 'FAIL' : 'ok  ';
    console.log(`${mark} ${name} (${good}/${total}, ${seconds} s)`);
    if (bad + problems.length > 0) console.log(result.output.trimEnd());
    for (const line of result.output.split('\n').filter((text) => text.startsWith('skipped: '))) console.log(`     ${line}`);
    for (const problem of problems) console.log(`     ${name} ${problem}`);
  }
}

await Promise.all(Array.from({ length: Math.max(1, Number(options.jobs)) }, work));
if (files.length === 0) {
  console.log('no test file matched');
  failed += 1;
}
// A run of some files says nothing about the others' proofs.
if (patterns.length === 0 && options.root.startsWith('build/test')) {
  const problems = seedProblems(results);
  for (const problem of problems) console.log(problem);
  if (problems.length === 0) passed += 1;
  failed += problems.length;
}
if (options.coverage && !reportCoverage()) {
  console.log('the coverage is below its mark');
  failed += 1;
}
console.log(skipped > 0 ? `${passed} passed, ${failed} failed, ${skipped} skipped` : `${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
