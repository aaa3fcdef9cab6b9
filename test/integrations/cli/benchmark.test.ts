import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatMeasured, formatMeasuredJson, formatMs, formatSamplesJson } from '../../../integrations/cli/src/bench-report.js';
import { maxSamples, measure, type BenchmarkPlan } from '../../../integrations/cli/src/benchmark.js';
import { createPalette } from '../../../integrations/cli/src/terminal-text.js';

const benchmark = suite('cli/benchmark');

/** A clock that goes on by what each round takes, and what was asked of it. */
function rounds(roundMs: number): { readonly nowMs: () => number; readonly round: () => Promise<number>; readonly count: () => number } {
  let now = 0;
  let count = 0;
  const round = (): Promise<number> => {
    now += roundMs;
    count += 1;
    return Promise.resolve(roundMs / 2);
  };
  return { nowMs: () => now, round, count: () => count };
}

const plan: BenchmarkPlan = { warmUpMs: 100, measurementMs: 1000, minSamples: 10 };

benchmark('warms up, then measures until the time is over', async () => {
  const { nowMs, round, count } = rounds(10);
  const samples = await measure(round, plan, nowMs);
  assert.is(samples.length, 100);
  assert.is(count(), 110);
  assert.ok(samples.every(({ totalMs, sandboxMs }) => totalMs === 10 && sandboxMs === 5));
});

benchmark('takes longer when the rounds asked for do', async () => {
  const { nowMs, round } = rounds(400);
  assert.is((await measure(round, plan, nowMs)).length, 10);
});

benchmark('ends although the clock hardly moves', async () => {
  const { nowMs, round } = rounds(0.001);
  assert.is((await measure(round, { ...plan, warmUpMs: 0 }, nowMs)).length, maxSamples);
});

benchmark('does not warm up when told not to', async () => {
  const { nowMs, round, count } = rounds(10);
  await measure(round, { ...plan, warmUpMs: 0 }, nowMs);
  assert.is(count(), 100);
});

benchmark('passes on what a round throws', async () => {
  const thrown = await measure(() => Promise.reject(new Error('broken')), plan, () => 0).catch((reason: unknown) => reason);
  assert.instance(thrown, Error);
});

const measured = { policyId: 'p', operation: 'validate' as const, samples: Array.from({ length: 100 }, (_, index) => ({ totalMs: index + 1, sandboxMs: (index + 1) / 100 })) };

benchmark('shows both numbers of every round', () => {
  const lines = formatMeasured(measured, 100, { palette: createPalette(false), columns: undefined }).split('\n');
  assert.equal(lines.slice(0, 4), [
    'p: validate (100 rounds)',
    '                min      mean       p50       p90       p99       max',
    '  total     1.00 ms   50.5 ms   50.0 ms   90.0 ms   99.0 ms  100.0 ms',
    '  sandbox     10 µs    505 µs    500 µs    900 µs    990 µs   1.00 ms',
  ]);
  assert.match(lines[4] ?? '', /^ {2}mean of total between [\d.]+ ms and [\d.]+ ms \(95 %\), 20 rounds per second, one after the other$/);
  assert.match(formatMeasured(measured, 100, { palette: createPalette(false), columns: 80 }), '█');
});

benchmark('writes results and rounds as JSON', () => {
  const { unit, results } = JSON.parse(formatMeasuredJson([measured], 100)) as { readonly unit: string; readonly results: readonly { readonly policy: string; readonly operation: string; readonly total: { readonly p50: number }; readonly sandbox: { readonly max: number } }[] };
  assert.is(unit, 'ms');
  assert.equal(results.map(({ policy, operation, total, sandbox }) => [policy, operation, total.p50, sandbox.max]), [['p', 'validate', 50, 1]]);
  assert.equal(JSON.parse(formatSamplesJson([measured])), { unit: 'ms', results: [{ policy: 'p', operation: 'validate', samples: measured.samples }] });
});

benchmark('writes times with the digits that matter', () => {
  for (const [ms, text] of [[0.0004, '0 µs'], [0.5, '500 µs'], [1, '1.00 ms'], [12.34, '12.3 ms'], [1234, '1.23 s']] as const) assert.is(formatMs(ms), text);
});

benchmark.run();
