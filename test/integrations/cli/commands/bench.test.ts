// `bench`: the process around the measurement. What is measured how is benchmark.test.ts.
import { readFileSync } from 'node:fs';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { callCli, fixturePath, Folder, reviewPath } from '../cli-process.js';

const bench = suite('cli/commands/bench');
const folder = new Folder();
bench.after(() => folder.remove());

const quick = ['-r', reviewPath('pod-allowed'), '--measurement-time', '100ms', '--warm-up-time', '0', '--num-samples', '5', '--num-resamples', '10'];

bench('measures the validation of settings, then of the request', async () => {
  const { code, stdout, stderr } = await callCli(['bench', fixturePath('pod-privileged'), ...quick]);
  assert.is(code, 0, stderr);
  assert.is(stderr, '');
  assert.match(stdout, /^policy-from-cli: validate_settings \(\d+ rounds\)\n[\s\S]*\npolicy-from-cli: validate \(\d+ rounds\)\n/);
  for (const word of ['min', 'mean', 'p50', 'p90', 'p99', 'max', 'total', 'sandbox', 'Each round runs one operation']) assert.match(stdout, word);
  assert.not.match(stdout, '█');
});

bench('prints results as one JSON document', async () => {
  const { code, stdout } = await callCli(['bench', fixturePath('pod-privileged'), ...quick, '--output', 'json']);
  assert.is(code, 0);
  const { results } = JSON.parse(stdout) as { readonly results: readonly { readonly operation: string; readonly total: { readonly count: number; readonly min: number }; readonly sandbox: { readonly min: number } }[] };
  assert.equal(results.map(({ operation }) => operation), ['validate_settings', 'validate']);
  for (const { total, sandbox } of results) {
    assert.ok(total.count >= 5);
    assert.ok(sandbox.min > 0 && sandbox.min < total.min);
  }
});

bench('writes every round to a file on request, in all the spellings of the option', async () => {
  const named = `${folder.path}/rounds.json`;
  const spellings: readonly (readonly [readonly string[], string])[] = [
    [['--dump-results-to-disk', named], named],
    [['--dump-results-to-disk'], `${folder.path}/bench-results.json`],
    [['--dump-results-to-disk', 'true'], `${folder.path}/bench-results.json`],
  ];
  for (const [words, path] of spellings) {
    const { code } = await callCli(['bench', fixturePath('adversarial/accept'), ...quick, ...words], { cwd: folder.path });
    assert.is(code, 0);
    const { results } = JSON.parse(readFileSync(path, 'utf8')) as { readonly results: readonly { readonly samples: readonly unknown[] }[] };
    assert.ok(results.length === 2 && results.every(({ samples }) => samples.length >= 5));
  }
});

bench('shows what a policy logs once, and not round after round', async () => {
  const { stderr } = await callCli(['bench', fixturePath('logs'), ...quick]);
  assert.is(stderr.split('\n').filter((line) => line.includes('INFO policy-from-cli: reviewed')).length, 1);
});

bench('measures every policy of a manifest', async () => {
  const policy = (name: string): string => `apiVersion: policies.kubewarden.io/v1\nkind: AdmissionPolicy\nmetadata: {name: ${name}}\nspec: {module: ${fixturePath('adversarial/accept')}}\n`;
  const { stdout } = await callCli(['bench', folder.file('policies.yml', [policy('a'), policy('b')].join('---\n')), ...quick]);
  for (const title of ['a: validate_settings', 'a: validate (', 'b: validate_settings', 'b: validate (']) assert.match(stdout, title);
});

bench('refuses to measure a policy that runs into its limit', async () => {
  const { code, stdout, stderr } = await callCli(['bench', fixturePath('adversarial/infinite-loop'), ...quick, '--timeout', '200ms', '-o', 'json']);
  assert.is(code, 1);
  assert.is(stdout, '');
  assert.is(stderr, 'Error: Cannot measure the policy: it exceeded the allowed execution time (--timeout).\n');
});

bench('refuses settings that the policy refuses', async () => {
  const { code, stderr } = await callCli(['bench', fixturePath('pod-privileged'), ...quick, '--settings-json', '{"skip_init_containers":1}']);
  assert.is(code, 1);
  assert.match(stderr, 'Error: Provided settings are not valid: ');
});

bench.run();
