#!/usr/bin/env node
// `npm run bench:audit`: the scanner over many objects on a real control plane, with ten policies on one policy-server, beside what a
// plain load generator reaches on the same endpoint in the same run, before and after each scan. The control plane has one core, as
// it has machines of its own elsewhere; policy-server, scanner and load generator have another, in turns. With `--cores shared`
// everything takes what it gets. Needs wrk and what the test cluster needs (test/cluster/README.md).
//
//   npm run bench:audit [-- --objects 20000 --policies 10 --seconds 4 --cores apart|shared]
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { encodeAuditReview } from '../../build/lib/audit/review.js';
import { startCluster } from '../../build/test/cluster/cluster.js';
import { cpuOf, stop } from '../server/processes.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const { values: options } = parseArgs({ options: { objects: { type: 'string', default: '20000' }, policies: { type: 'string', default: '10' }, seconds: { type: 'string', default: '4' }, cores: { type: 'string', default: 'apart' } } });
if (!['apart', 'shared'].includes(options.cores)) throw new Error('--cores is apart or shared');
const [objectCount, policyCount, seconds] = [options.objects, options.policies, options.seconds].map(Number);
const home = 'bench';
const folder = mkdtempSync(join(tmpdir(), 'wasmwarden-bench-'));
const ids = Array.from({ length: policyCount }, (_, index) => `policy-${index}`);

for (const tool of ['wrk', 'openssl', 'taskset']) if (spawnSync('which', [tool]).status !== 0) throw new Error(`${tool} is not installed (Debian: wrk, openssl, util-linux)`);

const isApart = options.cores === 'apart';
// Child processes begin on their parent's core.
if (isApart) spawnSync('taskset', ['--all-tasks', '--cpu-list', '--pid', '0', String(process.pid)]);

/** Starts what is measured, on the other core. */
const spawnMeasured = (command, words, how) => (isApart ? spawn('taskset', ['--cpu-list', '1', command, ...words], how) : spawn(command, words, how));

/** About a kilobyte, as ConfigMaps are. */
const configMap = (index) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `object-${String(index).padStart(6, '0')}`, namespace: home, labels: { app: 'bench' } }, data: { text: 'x'.repeat(800) } });

async function fill(cluster) {
  await cluster.kubectl(['apply', '--server-side', '-f', 'deploy/crds', '-f', 'deploy/audit/crds']);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }]);
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'], operations: ['CREATE'] }];
  for (const name of ids) {
    await retried(() => cluster.client.create('/apis/policies.kubewarden.io/v1/clusteradmissionpolicies', { apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', metadata: { name }, spec: { module: 'registry://bench', mutating: false, rules } }));
    await cluster.client.patch(`/apis/policies.kubewarden.io/v1/clusteradmissionpolicies/${name}/status`, 'merge-patch+json', { status: { policyStatus: 'active' } });
  }
  const rest = Array.from({ length: objectCount }, (_, index) => index).values();
  await Promise.all(Array.from({ length: 16 }, async () => {
    for (const index of rest) await cluster.client.create(`/api/v1/namespaces/${home}/configmaps`, configMap(index));
  }));
}

/** New definitions are served a moment after they are established. */
async function retried(attempt) {
  for (let count = 0; ; count += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (count > 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** One policy-server with all policies. */
function startPolicyServer() {
  spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(folder, 'tls.key'), '-out', join(folder, 'tls.crt'), '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'], { stdio: 'ignore' });
  const policies = Object.fromEntries(ids.map((name) => [`clusterwide-${name}`, { module: `file://${resolve('build/fixtures/policies/pod-privileged.wasm')}` }]));
  writeFileSync(join(folder, 'policies.yml'), JSON.stringify(policies));
  const words = ['build/integrations/webhook-server/src/main.js', '--addr', '127.0.0.1', '--port', '0', '--readiness-probe-port', '0', '--cert-file', join(folder, 'tls.crt'), '--key-file', join(folder, 'tls.key'), '--policies', join(folder, 'policies.yml')];
  const child = spawnMeasured(process.execPath, ['--conditions=@wasmwarden/source', ...words], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  return new Promise((resolveStarted, reject) => {
    child.stdout.on('data', (chunk) => {
      if (output.length < 65_536) output += chunk;
      const port = /(?:ready|listening)\b.*?\bport=(\d+)/.exec(output)?.[1];
      if (port !== undefined) resolveStarted({ pid: child.pid, port: Number(port), child });
    });
    child.on('exit', (code) => reject(new Error(`the policy-server ended with ${code}:\n${output}`)));
  });
}

/** Requests per second that wrk reaches with the review of one object. */
async function yardstick(cluster, { port }) {
  const path = `/api/v1/namespaces/${home}/configmaps/object-000000`;
  const object = await cluster.client.get(path);
  const resource = { group: '', version: 'v1', kind: 'ConfigMap', plural: 'configmaps', namespaced: true };
  writeFileSync(join(folder, 'review.json'), encodeAuditReview({ object, bytes: new TextEncoder().encode(JSON.stringify(object)), resource, naming: 'plural' }));
  writeFileSync(join(folder, 'post.lua'), `local f = io.open("${join(folder, 'review.json')}", "rb")\nwrk.body = f:read("*a")\nf:close()\nwrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n`);
  const child = spawnMeasured('wrk', ['-t1', '-c16', `-d${seconds}s`, '-s', join(folder, 'post.lua'), `https://127.0.0.1:${port}/audit/clusterwide-${ids[0]}`]);
  let output = '';
  child.stdout.on('data', (chunk) => (output += chunk));
  await new Promise((resolveDone) => child.on('close', resolveDone));
  if (/Non-2xx/.test(output)) throw new Error(output);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(output)?.[1]);
}

/** One scan, with its figures and the most memory that it had. */
async function scan(cluster, { port }, more) {
  // As in its image: with a larger limit V8 lets garbage pile up for longer.
  const words = ['--max-old-space-size=256', '--conditions=@wasmwarden/source', 'build/integrations/audit/src/main.js', '--namespace', home, '--policy-server-url', `https://127.0.0.1:${port}`, '--extra-ca', join(folder, 'tls.crt'), '--report-kind', 'openreports', ...more];
  const begun = process.hrtime.bigint();
  const child = spawnMeasured(process.execPath, words, { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  let peakKib = 0;
  let scannerUs = 0;
  child.stdout.on('data', (chunk) => (output += chunk));
  const look = setInterval(() => {
    try {
      scannerUs = cpuOf(child.pid).total;
      peakKib = Math.max(peakKib, Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0));
    } catch {
      // It has just ended.
    }
  }, 100);
  const code = await new Promise((resolveDone) => child.on('close', resolveDone));
  clearInterval(look);
  const tookSeconds = Number(process.hrtime.bigint() - begun) / 1e9;
  const figures = output.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)).find(({ message }) => message === 'scan finished');
  if (code !== 0 || figures === undefined || figures.errored + figures.failures > 0) throw new Error(`the scan went wrong (${code}):\n${output.slice(-4000)}`);
  const evaluations = figures.passed + figures.failed;
  return { tookSeconds, objects: figures.objects, evaluations, reports: figures.reports, peakMib: peakKib / 1024, scannerSeconds: scannerUs / 1e6 };
}

/** Processor time by process, in seconds. */
async function cpuSeconds(cluster, { pid }) {
  const usage = await cluster.usage();
  return new Map([['policy-server', cpuOf(pid).total / 1e6], ...usage.map((one) => [one.name, one.cpuSeconds])]);
}

const started = await startCluster({ nodes: [] });
if (started.kind === 'unavailable') throw new Error(started.because);
const { cluster } = started;
try {
  const filling = Date.now();
  await fill(cluster);
  console.log(`${objectCount} ConfigMaps of ${JSON.stringify(configMap(0)).length} bytes made in ${((Date.now() - filling) / 1000).toFixed(0)} s; ${policyCount} policies on one policy-server; cores ${options.cores}; Node ${process.version}\n`);
  const server = await startPolicyServer();
  console.log('| scan | s | objects/s | evaluations/s | wrk before and after, requests/s | share of it | peak RSS, MiB |\n|---|---|---|---|---|---|---|');
  await yardstick(cluster, server); // warm-up
  let before = await yardstick(cluster, server);
  const spent = [];
  for (const [name, ...more] of [['reports are made'], ['reports are changed'], ['nothing is stored', '--disable-store']]) {
    const used = await cpuSeconds(cluster, server);
    const one = await scan(cluster, server, more);
    const now = await cpuSeconds(cluster, server);
    spent.push(`${name}: scanner ${one.scannerSeconds.toFixed(1)} s, ${[...now].map(([process, total]) => `${process} ${(total - (used.get(process) ?? 0)).toFixed(1)} s`).join(', ')}`);
    const after = await yardstick(cluster, server);
    const share = one.evaluations / one.tookSeconds / ((before + after) / 2);
    console.log(`| ${name} | ${one.tookSeconds.toFixed(1)} | ${(one.objects / one.tookSeconds).toFixed(0)} | ${(one.evaluations / one.tookSeconds).toFixed(0)} | ${before.toFixed(0)}, ${after.toFixed(0)} | ${share.toFixed(2)} | ${one.peakMib.toFixed(0)} |`);
    before = after;
  }
  console.log(`\nProcessor time:\n${spent.map((line) => `- ${line}`).join('\n')}`);
  await stop(server);
} finally {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
}
