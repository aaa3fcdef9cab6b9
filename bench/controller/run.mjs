#!/usr/bin/env node
// `npm run bench:controller`: many policies applied at once to one PolicyServer on a real control plane, with modules from a real registry.
// Prints how long it took until all were `active`, how many rollouts that was, what the controller wrote, and what it held in memory.
// Reach, for 300 policies: two minutes, three rollouts, five writes per policy.
//
//   npm run bench:controller [-- --policies 300 --profile controller.cpuprofile]

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { accountName } from '../../build/test/cluster/api/audit.js';
import { startCluster } from '../../build/test/cluster/cluster.js';
import { topOf } from '../server/profile.mjs';
import { inspectorPort, startProfile } from './profiler.mjs';
import { clusterPolicy, enforced, images, install, namespace, pullSecretObject, sources, startPolicyRegistry } from '../../build/test/cluster/controller/bench.js';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
const { values: options } = parseArgs({ options: { policies: { type: 'string', default: '300' }, profile: { type: 'string' } } });
const count = Number(options.policies);
const timeoutMs = 600_000;
const program = 'k8s-controller/src/main.js';
const controllerImage = 'ghcr.io/wasmwarden/controller:latest';

/** A controller that can be profiled. */
function inspected({ entrypoint: [node, ...words], ...image }) {
  return { ...image, entrypoint: [node, `--inspect=0.0.0.0:${inspectorPort}`, ...words] };
}

/** The controller's process of this cluster; other clusters may run on this machine. */
function controllerPid(sandboxPid) {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).flatMap((pid) => {
    try {
      return [{ pid, parent: /^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1], command: readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0') }];
    } catch {
      return [];
    }
  });
  const parents = new Map(processes.map(({ pid, parent }) => [pid, parent]));
  const isInside = (pid) => pid !== undefined && (pid === String(sandboxPid) || isInside(parents.get(pid)));
  return processes.find(({ pid, command }) => command.some((word) => word.endsWith(program)) && command[0]?.endsWith('node') && isInside(pid))?.pid;
}

/** Memory of a process in MiB: `VmRSS` now, `VmHWM` at most. */
function memoryOf(pid, measure) {
  return Math.round(Number(new RegExp(`^${measure}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024);
}

/** Seconds of CPU that a process has used. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function replicaSets(cluster) {
  const { items } = await cluster.client.get(`/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=kubewarden%2Fpolicy-server%3Ddefault`);
  return items.length;
}

const outcome = await startCluster({ images: options.profile === undefined ? images : { ...images, [controllerImage]: inspected(images[controllerImage]) }, audit: true });
if (outcome.kind === 'unavailable') throw new Error(`The benchmark needs a test cluster, and there is none: ${outcome.because}`);
const { cluster } = outcome;
const registry = await startPolicyRegistry(cluster);
try {
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  const rules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['podtemplates'], operations: ['CREATE'] }];
  const policy = (name) => clusterPolicy(name, { module: registry.moduleOf('pod-privileged'), rules });
  // The server has pulled the module once and is at rest.
  await cluster.apply([policy('first')]);
  await enforced(cluster, 'first');
  const { items: pods } = await cluster.client.get(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dcontroller`);
  const profile = options.profile === undefined ? undefined : await startProfile(pods[0].status.podIP);
  const pid = controllerPid(cluster.sandboxPid);
  const before = { sets: await replicaSets(cluster), rss: memoryOf(pid, 'VmRSS'), cpu: cpuOf(pid), begun: Date.now() };
  await cluster.apply(Array.from({ length: count }, (_, index) => policy(`policy-${index}`)));
  const appliedMs = Date.now() - before.begun;
  let active = 0;
  while (active < count + 1) {
    if (Date.now() - before.begun > timeoutMs) throw new Error(`only ${active} of ${count + 1} policies are active after ${timeoutMs} ms`);
    await delay(500);
    const { items } = await cluster.client.get('/apis/policies.kubewarden.io/v1/clusteradmissionpolicies');
    active = items.filter(({ status }) => status?.policyStatus === 'active').length;
  }
  const activeMs = Date.now() - before.begun;
  // Writes that follow are part of the price.
  await delay(5_000);
  const events = (await cluster.auditEvents()).filter(({ user, verb, requestReceivedTimestamp }) => user.username === accountName(namespace, 'kubewarden-controller') && ['create', 'update', 'patch', 'delete'].includes(verb) && Date.parse(requestReceivedTimestamp) >= before.begun);
  const isDryRun = ({ requestURI }) => requestURI.includes('dryRun=');
  const writes = events.filter((event) => event.objectRef?.resource !== 'leases' && !isDryRun(event));
  const kinds = new Map();
  for (const { verb, objectRef, responseStatus } of writes) {
    const kind = `${verb} ${objectRef?.resource}${objectRef?.subresource === undefined ? '' : `/${objectRef.subresource}`} ${responseStatus?.code}`;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  console.log(`${count} policies: applied in ${(appliedMs / 1000).toFixed(1)} s, all active after ${(activeMs / 1000).toFixed(1)} s`);
  console.log(`${(await replicaSets(cluster)) - before.sets} rollouts`);
  console.log(`${(writes.length / count).toFixed(2)} writes per policy (${writes.length}; without leases, and without ${events.filter(isDryRun).length} dry runs that check policies):`);
  for (const [kind, each] of [...kinds].sort(([, a], [, b]) => b - a)) console.log(`  ${each} ${kind}`);
  console.log(`controller: ${memoryOf(pid, 'VmRSS')} MiB resident (${before.rss} before, ${memoryOf(pid, 'VmHWM')} at most), ${(cpuOf(pid) - before.cpu).toFixed(1)} s of CPU`);
  if (profile !== undefined) {
    await profile.stop(options.profile);
    for (const { name, share } of topOf(options.profile, { count: 25, seconds: (Date.now() - before.begun) / 1000 })) console.log(`  ${(share * 100).toFixed(1).padStart(5)} % ${name}`);
  }
} finally {
  await registry[Symbol.asyncDispose]();
  await cluster.stop();
}
