#!/usr/bin/env node
// `npm run soak`: as many evaluations as fit in some minutes, over several policies and threads, with guests in between that
// have to be stopped. Every verdict is known beforehand. Fails on a wrong one, on memory or handles that grow, on a stuck thread.
//
//   npm run soak [-- --minutes 10]
import { readFileSync, readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { createRuntime } from 'wasmwarden';

process.chdir(new URL('../..', import.meta.url).pathname);
const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Math.min(60, Math.max(0.2, Number(values.minutes)));

const fixture = (name) => new Uint8Array(readFileSync(`build/fixtures/policies/${name}.wasm`));
const review = (name) => readFileSync(`fixtures/reviews/${name}.json`);
const reviews = { allowed: review('pod-allowed'), privileged: review('pod-privileged') };

const counts = { evaluations: 0, stopped: 0, wrong: 0, reset: 0, new: 0, 'worker-interrupted': 0, 'worker-killed': 0, 'worker-stuck': 0 };
const runtime = createRuntime({
  policyTimeoutMs: 30_000,
  onEvent(event) {
    if (event.kind in counts) counts[event.kind] += 1;
    if (event.kind === 'evaluated' && event.instance !== undefined) counts[event.instance.kind] += 1;
  },
});

const judges = ['pod-privileged', 'pod-privileged-rust', 'pod-privileged-cpp', 'pod-privileged-javascript'];
const steady = ['adversarial/counter', 'adversarial/state-in-grown-memory', 'adversarial/state-in-table', 'adversarial/trap', 'adversarial/stack-overflow', 'adversarial/memory-leak-between-requests'];
const endless = ['adversarial/infinite-loop', 'adversarial/fill-loop', 'adversarial/recursion', 'adversarial/sleeps', 'adversarial/infinite-loop-init'];
const id = (name) => name.replace('/', '-');
await runtime.load(Object.fromEntries([...judges, ...steady].map((name) => [id(name), { module: fixture(name) }])));
await runtime.load(Object.fromEntries(judges.map((name) => [`${name}-shared`, { module: fixture(name), sandbox: { isolation: 'module' } }])));
await runtime.load(Object.fromEntries(endless.map((name) => [id(name), { module: fixture(name), timeoutEvalSeconds: 1 }])));

/** What a request must be answered with: fixed for judges, the first answer for those that would tell of any left state. */
const expected = new Map();
for (const name of steady) expected.set(id(name), shown(await runtime.evaluate(id(name), reviews.allowed)));
for (const name of judges) for (const shared of ['', '-shared']) expected.set(`${name}${shared} privileged`, 'false').set(`${name}${shared} allowed`, 'true');

function shown({ response }) {
  return JSON.stringify([response.allowed, response.status]);
}

function check(what, found) {
  counts.evaluations += 1;
  if (found === expected.get(what)) return;
  counts.wrong += 1;
  console.error(`${what}: expected ${expected.get(what)}, found ${found}`);
}

const endMs = performance.now() + minutes * 60_000;
const isOver = () => performance.now() >= endMs;

async function judge(lane) {
  for (let round = lane; !isOver(); round += 1) {
    if (round % 10 === 0) {
      const name = id(steady[(round / 10) % steady.length]);
      check(name, shown(await runtime.evaluate(name, reviews.allowed)));
      continue;
    }
    const name = `${judges[round % judges.length]}${round % 3 === 0 ? '-shared' : ''}`;
    const kind = round % 2 === 0 ? 'allowed' : 'privileged';
    const { response } = await runtime.evaluate(name, reviews[kind]);
    check(`${name} ${kind}`, String(response.allowed));
  }
}

async function stopSome() {
  for (let round = 0; !isOver(); round += 1) {
    const { response } = await runtime.evaluate(id(endless[round % endless.length]), reviews.allowed);
    counts.stopped += 1;
    if (!/exceeded the allowed execution time/.test(response.status?.message ?? '')) check('an endless guest', shown({ response }));
  }
}

const samples = [];
function sample() {
  samples.push({ rssMb: process.memoryUsage.rss() / 2 ** 20, handles: readdirSync('/proc/self/fd').length, threads: readdirSync('/proc/self/task').length });
}
const sampling = setInterval(sample, 1000);

await Promise.all([...Array.from({ length: 4 }, (_, lane) => judge(lane)), stopSome()]);
clearInterval(sampling);
sample();
await runtime.close();

/** The median of a part of the samples: single ones depend on when garbage was collected. */
function median(part, field) {
  const sorted = part.map((one) => one[field]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
const warm = samples.slice(Math.floor(samples.length / 4));
const [early, late] = [warm.slice(0, Math.ceil(warm.length / 3)), warm.slice(-Math.ceil(warm.length / 3))];
const growth = Object.fromEntries(['rssMb', 'handles', 'threads'].map((field) => [field, [median(early, field), median(late, field)]]));
console.log(`Node ${process.version}, ${minutes} minutes: ${counts.evaluations} evaluations, ${counts.stopped} guests stopped`);
console.log(`instances put back ${counts.reset}, made ${counts.new}; interrupted ${counts['worker-interrupted']}, threads ended ${counts['worker-killed']}, stuck ${counts['worker-stuck']}`);
console.log(`RSS ${growth.rssMb.map((mb) => mb.toFixed(0)).join(' -> ')} MiB, descriptors ${growth.handles.join(' -> ')}, threads ${growth.threads.join(' -> ')} (medians of the first and last third after warm-up)`);

const problems = [
  [counts.wrong > 0, `${counts.wrong} wrong verdicts`],
  [counts['worker-stuck'] > 0, 'a thread could not be stopped'],
  [growth.rssMb[1] > growth.rssMb[0] * 1.15 + 16, 'memory grows'],
  [growth.handles[1] > growth.handles[0] + 8, 'descriptors grow'],
  [growth.threads[1] > growth.threads[0] + 4, 'threads grow'],
].filter(([isWrong]) => isWrong);
for (const [, problem] of problems) console.error(`FAILED: ${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
