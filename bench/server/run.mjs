#!/usr/bin/env node
// `npm run bench:server`: the policy-server between two yardsticks, interleaved in one run: Node's bare server with JSON.parse,
// the same with one evaluation inline, and ours. The server has one core and the load another; everything is loopback and
// bounded. Needs wrk and h2load (Debian: wrk, nghttp2-client) and two cores.
//
//   npm run bench:server [-- --rounds 3 --seconds 3 --review fixtures/reviews/pod-allowed.json]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { protocols } from './load.mjs';
import { cpuOf, residentOf, startServer, stop } from './processes.mjs';
import { topOf } from './profile.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '3' },
    review: { type: 'string', default: 'fixtures/reviews/pod-allowed.json' },
  },
});
const rounds = Number(options.rounds);
const seconds = Math.min(5, Math.max(2, Number(options.seconds)));
const [serverCore, loadCore] = [0, 1];
const program = 'build/integrations/webhook-server/src/main.js';
const modulePath = resolve('build/fixtures/policies/pod-privileged.wasm');
const folder = mkdtempSync(join(tmpdir(), 'wasmwarden-bench-'));

for (const tool of ['wrk', 'h2load', 'taskset', 'openssl']) {
  if (spawnSync('which', [tool]).status !== 0) throw new Error(`${tool} is not installed (Debian: wrk, nghttp2-client, util-linux, openssl)`);
}

const bodyPath = join(folder, 'review.json');
writeFileSync(bodyPath, paddedReview(3072));
spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt'), '-days', '2', '-subj', '/CN=localhost'], { stdio: 'ignore' });

/** A review of about so many bytes. */
function paddedReview(bytes) {
  const review = JSON.parse(readFileSync(options.review, 'utf8'));
  const missing = bytes - JSON.stringify(review).length;
  if (missing > 0) review.request.object.metadata.annotations = { ...review.request.object.metadata.annotations, padding: 'x'.repeat(missing) };
  return JSON.stringify(review);
}

function policies(document) {
  const path = join(folder, 'policies.yml');
  writeFileSync(path, JSON.stringify(document));
  return path;
}

const serverArguments = (document, ...more) => [...more, program, '--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--cert-file', join(folder, 'tls.crt'), '--key-file', join(folder, 'tls.key'), '--policies', policies(document)];
const onePolicy = { policy: { module: `file://${modulePath}` } };

const contenders = [
  { name: 'bare', path: '/', args: ['bench/server/contenders/bare.mjs', folder] },
  { name: 'inline', path: '/', args: ['bench/server/contenders/inline.mjs', folder, modulePath] },
  { name: 'ours', path: '/validate/policy', args: serverArguments(onePolicy) },
];

async function measure(server, { path }, protocol) {
  const before = cpuOf(server.pid);
  const load = await protocols[protocol]({ core: loadCore, port: server.port, path, bodyPath, seconds, folder });
  const after = cpuOf(server.pid);
  const perRequest = (used) => used / load.requests;
  const threads = [...after.threads].map(([thread, ticks]) => [thread, perRequest(ticks - (before.threads.get(thread) ?? 0))]);
  const main = threads.find(([thread]) => thread === String(server.pid))?.[1] ?? 0;
  const total = perRequest(after.total - before.total);
  return { cpu: total, main, others: total - main, rps: load.requests / load.seconds, p50: load.p50, p99: load.p99, failed: load.failed };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Every contender in every round, so that a noisy moment hits all of them. */
async function compare() {
  const servers = new Map();
  for (const contender of contenders) servers.set(contender.name, await startServer(serverCore, contender.args));
  const results = new Map();
  for (const protocol of Object.keys(protocols)) {
    for (const contender of contenders) await measure(servers.get(contender.name), contender, protocol); // warm-up
    for (let round = 0; round < rounds; round += 1) {
      for (const contender of contenders) {
        const key = `${protocol} ${contender.name}`;
        results.set(key, [...(results.get(key) ?? []), await measure(servers.get(contender.name), contender, protocol)]);
      }
    }
  }
  for (const server of servers.values()) await stop(server);
  return results;
}

function printComparison(results) {
  console.log(`\n${rounds} rounds of ${seconds} s, medians; ${readFileSync(bodyPath).length} bytes a review; Node ${process.version}\n`);
  console.log('| protocol | server | CPU us/request | of it main thread | ratio to bare | requests/s | p50 ms | p99 ms |\n|---|---|---|---|---|---|---|---|');
  for (const protocol of Object.keys(protocols)) {
    const base = median(results.get(`${protocol} bare`).map(({ cpu }) => cpu));
    for (const { name } of contenders) {
      const runs = results.get(`${protocol} ${name}`);
      const of = (field) => median(runs.map((one) => one[field]));
      const failed = runs.reduce((sum, one) => sum + one.failed, 0);
      if (failed > 0) throw new Error(`${name} failed ${failed} requests over ${protocol}`);
      console.log(`| ${protocol} | ${name} | ${of('cpu').toFixed(0)} | ${of('main').toFixed(0)} | ${(of('cpu') / base).toFixed(2)} | ${of('rps').toFixed(0)} | ${of('p50').toFixed(2)} | ${of('p99').toFixed(2)} |`);
    }
  }
}

/** Memory with a hundred policies from ten modules, before and after each has judged. */
async function printMemory() {
  const modules = readdirSync('build/fixtures/policies').filter((name) => name.endsWith('.wasm') && !name.includes('javascript')).slice(0, 10);
  const settings = { 'label': 'team', 'value': 'a', 'label_value': 'x', 'allowed_users': ['a'], 'default_user': 'a', 'namespace_label': 'a' };
  const document = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`policy-${index}`, { module: `file://${resolve('build/fixtures/policies', modules[index % modules.length])}`, settings, allowedToMutate: true }]));
  const server = await startServer(serverCore, serverArguments(document, '--expose-gc').concat('--continue-on-errors'));
  const atStart = residentOf(server.pid);
  for (let index = 0; index < 100; index += 1) {
    await fetchOnce(server.port, `/validate/policy-${index}`);
  }
  const afterwards = residentOf(server.pid);
  await protocols['HTTP/1.1']({ core: loadCore, port: server.port, path: '/validate/policy-0', bodyPath, seconds: 2, folder });
  console.log(`\n100 policies from ${modules.length} modules: ${atStart.toFixed(0)} MiB resident once ready, ${afterwards.toFixed(0)} after one request to each, ${residentOf(server.pid).toFixed(0)} after two seconds of load`);
  await stop(server);
}

async function fetchOnce(port, path) {
  const { request } = await import('node:https');
  await new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers: { 'content-type': 'application/json' }, rejectUnauthorized: false }, (incoming) => incoming.resume().on('end', resolve));
    outgoing.on('error', reject).end(readFileSync(bodyPath));
  });
}

/** What the serving thread and the sandbox thread are busy with under HTTP/2. */
async function printProfile() {
  const profiles = join(folder, 'profiles');
  mkdirSync(profiles);
  const server = await startServer(serverCore, serverArguments(onePolicy, '--cpu-prof', `--cpu-prof-dir=${profiles}`));
  await protocols['HTTP/2']({ core: loadCore, port: server.port, path: '/validate/policy', bodyPath, seconds, folder });
  await stop(server);
  const files = readdirSync(profiles).map((name) => ({ path: join(profiles, name), size: readFileSync(join(profiles, name)).length })).sort((a, b) => b.size - a.size);
  for (const { path } of files.slice(0, 2)) {
    console.log(`\nTop ten of ${/\.(\d+)\.(\d+)\.cpuprofile$/.exec(path)?.[1] === '0' ? 'the serving thread' : 'a thread'} (${path.split('/').at(-1)}), own time:`);
    for (const { name, share } of topOf(path, { count: 10, seconds })) console.log(`  ${(share * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
}

try {
  printComparison(await compare());
  await printMemory();
  await printProfile();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
