// The runner must not pass on nothing: each way in which uvu would let a broken file pass is tried on it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

const runner = suite('scripts/run-tests');

const head = "import { suite } from 'uvu'; import * as assert from 'uvu/assert'; const s = suite('x');";

/** Runs the runner on files with these texts; gives back its exit code and its output. */
function runOn(name: string, files: Readonly<Record<string, string>>, ...options: readonly string[]): { readonly status: number | null; readonly output: string; readonly last: string } {
  const folder = `build/runner/${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(`${folder}/${file}`, text);
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/run-tests.mjs', '--root', folder, ...options], { encoding: 'utf8' });
  const output = stdout + stderr;
  return { status, output, last: output.trimEnd().split('\n').at(-1) ?? '' };
}

const cases: readonly (readonly [string, string, string, RegExp | undefined])[] = [
  ['tests that pass', `${head} s('a', () => {}); s('b', () => {}); s.run();`, '2 passed, 0 failed', undefined],
  ['a test that fails', `${head} s('a', () => assert.ok(false)); s('b', () => {}); s.run();`, '1 passed, 1 failed', /FAIL/],
  ['a file without any test', head.replace("const s = suite('x');", ''), '0 passed, 1 failed', /ran no test/],
  ['a suite that is never run', [head, "s('a', () => {}); const t = ", "suite('y'); t('b', () => {}); s.run();"].join(''), '1 passed, 1 failed', /suite 't' is never run: add t\.run\(\)/],
  ['a file that does not end', `${head} s('a', () => {}); s.run(); setInterval(() => {}, 1000);`, '1 passed, 1 failed', /did not end within 3 s/],
  ['a test that waits for ever', `${head} s('a', () => new Promise((resolve) => setTimeout(resolve, 60_000))); s.run();`, '0 passed, 1 failed', /did not end within 3 s/],
  ['a file that cannot be loaded', "import './nowhere.js';", '0 passed, 2 failed', /ERR_MODULE_NOT_FOUND/],
  ['a file that crashes behind its tests', `${head} s('a', () => {}); s.run(); process.on('exit', () => { process.exitCode = 7; });`, '1 passed, 1 failed', /ended with exit code 7 although no test failed/],
  ['a skipped test, which is counted as such', `${head} s('a', () => {}); s.skip('b', () => {}); s.run();`, '1 passed, 0 failed, 1 skipped', undefined],
];
for (const [index, [title, text, last, complaint]] of cases.entries()) {
  runner(`counts ${title}`, () => {
    const result = runOn(`case-${index}`, { 'x.test.js': text }, '--timeout', '3');
    assert.is(result.last, last, result.output);
    assert.is(result.status, complaint === undefined ? 0 : 1);
    if (complaint !== undefined) assert.match(result.output, complaint);
  });
}

runner('no file at all is a failure', () => assert.equal([runOn('empty', {}).last, runOn('empty', {}).status], ['0 passed, 1 failed', 1]));

runner('a pattern that matches no file is a failure', () => {
  const result = runOn('pattern', { 'x.test.js': `${head} s('a', () => {}); s.run();` }, 'nothing-like-it');
  assert.equal([result.last, result.status], ['0 passed, 1 failed', 1]);
});

runner('counts are summed over files', () => {
  const file = `${head} s('a', () => {}); s.run();`;
  assert.is(runOn('sum', { 'x.test.js': file, 'y.test.js': file, 'z.js': 'throw new Error()' }).last, '2 passed, 0 failed');
});

runner.run();
