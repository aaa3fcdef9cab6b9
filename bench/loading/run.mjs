#!/usr/bin/env node
// `npm run bench:loading`: what others notice while a very large module is read, proven, rewritten and compiled. Requests come at
// fixed times whatever became of the ones before; a time counts from then. Phases with and without a load take turns.
//
//   npm run bench:loading [-- --megabytes 20 --rounds 5 --rate 200]
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';

import { createRuntime } from 'wasmwarden';

import { enlarged } from './large-module.mjs';

process.chdir(new URL('../..', import.meta.url).pathname);
const { values: options } = parseArgs({ options: { megabytes: { type: 'string', default: '20' }, rounds: { type: 'string', default: '5' }, rate: { type: 'string', default: '200' } } });
const [megabytes, rounds, rate] = [options.megabytes, options.rounds, options.rate].map(Number);
if (![megabytes, rounds, rate].every((value) => value > 0)) throw new Error('--megabytes, --rounds and --rate are numbers above zero');

const fixture = (name) => new Uint8Array(readFileSync(`build/fixtures/policies/${name}.wasm`));
const review = readFileSync('fixtures/reviews/pod-allowed.json');
const large = enlarged(fixture('adversarial/accept'), megabytes * 2 ** 20);

const runtime = createRuntime();
for (const [id, policy] of await runtime.load({ quiet: { module: fixture('pod-privileged-rust') } })) if (policy.kind === 'unusable') throw new Error(`${id}: ${policy.fault.message}`);

/** Requests at fixed times until something is done; milliseconds that each took, from when it was due. */
async function requestsUntil(done) {
  let isDone = false;
  void done.finally(() => (isDone = true));
  const times = [];
  const startMs = performance.now();
  const asked = [];
  for (let index = 0; !isDone; index += 1) {
    const dueMs = startMs + (index * 1000) / rate;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0) await delay(waitMs);
    asked.push(runtime.evaluate('quiet', review).then(({ response }) => {
      if (!response.allowed) throw new Error('a wrong verdict');
      times.push(performance.now() - dueMs);
    }));
  }
  await Promise.all(asked);
  return times;
}

const quantile = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(times.length * share))];
const median = (values) => quantile(values, 0.5);

await requestsUntil(delay(2000));
const seen = { quiet: [], loading: [] };
const loadMs = [];
for (let round = 0; round < rounds; round += 1) {
  seen.quiet.push(await requestsUntil(delay(3000)));
  const startMs = performance.now();
  const loading = runtime.load({ large: { module: large.bytes } });
  seen.loading.push(await requestsUntil(loading));
  loadMs.push(performance.now() - startMs);
  const policy = (await loading).get('large');
  if (policy.kind === 'unusable') throw new Error(policy.fault.message);
}

console.log(`A module of ${(large.bytes.length / 2 ** 20).toFixed(1)} MiB (${large.functions} functions) loads in ${median(loadMs).toFixed(0)} ms (median of ${rounds}), while another policy judges ${rate} requests/s. Node ${process.version}\n`);
console.log('| while | requests | p50 ms | p99 ms | longest ms |\n|---|---|---|---|---|');
const row = (name, phases) => `| ${name} | ${phases.flat().length} | ${[0.5, 0.99, 1].map((share) => median(phases.map((times) => quantile(times, share))).toFixed(2)).join(' | ')} |`;
console.log(row('nothing is loaded', seen.quiet));
console.log(row('the large one is loaded', seen.loading));
console.log('\nMedians over the rounds.');
await runtime.close();
