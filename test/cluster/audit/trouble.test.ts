// What may happen while a scan runs: pages that the API server forgets, objects that go, policy-servers that restart, policies
// that hang, a second scan, and an end in the middle. A report that was right stays until something better is known.

import { setTimeout as delay } from 'node:timers/promises';

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, eventually, namespace, podsOf, startPolicyRegistry, type PolicyRegistry } from '../controller/bench.js';
import { createMany, endOfScan, hangingModule, images, installWith, podOf, type ReportObject, reportsIn, reportsPath, rulesFor, scan, startScan } from './bench.js';

// Pages end with what etcd forgets; from its own snapshots the API server would serve them for another 15 s.
const { test, after, run } = await clusterSuite('cluster/audit/trouble', { images, apiServerArguments: ['--etcd-compaction-interval=2s', '--feature-gates=ListFromCacheSnapshot=false'] });

let registry: PolicyRegistry | undefined;

const home = 'many';
const count = 3_000;
const objects = `/api/v1/namespaces/${home}/configmaps`;

const configMap = (index: number): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: `object-${String(index).padStart(5, '0')}`, namespace: home }, data: { index: String(index) } });
const saying = (name: string, answer: object): object => clusterPolicy(name, { module: registry?.moduleOf('scripted'), settings: { answer }, failurePolicy: 'Ignore', rules: rulesFor('', 'configmaps'), namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': home } } });

/** How often the API server told that it has forgotten a page. */
async function expiredPages(cluster: Cluster): Promise<number> {
  const metrics = await cluster.client.text('/metrics');
  return [...metrics.matchAll(/^apiserver_request_total\{code="410"[^}]*resource="configmaps"[^}]*\} (\d+)/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** Reports by outcome of one policy. */
async function outcomes(cluster: Cluster, policy: string): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { results } of (await reportsIn(cluster, home)).values()) {
    const outcome = results.find((entry) => entry.policy === policy)?.result ?? 'none';
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
}

test('thousands of objects whose pages expire are each reported once', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await installWith(cluster, registry, [home]);
  await cluster.client.delete(`${objects}/kube-root-ca.crt`).catch(() => undefined);
  await createMany(cluster, objects, Array.from({ length: count }, (_, index) => configMap(index)));
  await cluster.apply([saying('judging', { accepted: true })]);
  await enforced(cluster, 'judging');
  const before = await expiredPages(cluster);
  const { lines } = await scan(cluster, [`--namespace=${home}`, '--page-size=25', '--parallel-resources=2'], 240_000);
  assert.ok((await expiredPages(cluster)) > before, 'no page expired, and so nothing was tested');
  const figures = lines.find(({ message }) => message === 'scan finished');
  const { items } = await cluster.client.get<ApiList<ApiObject>>(objects);
  assert.equal([figures?.['objects'], figures?.['reports'], figures?.['failures']], [items.length, items.length, 0]);
  assert.equal(await outcomes(cluster, 'clusterwide-judging'), { pass: items.length });
});

test('objects that are deleted meanwhile leave no report, and all others keep theirs', async (cluster) => {
  const job = await startScan(cluster, [`--namespace=${home}`]);
  await podOf(cluster, job);
  const { items } = await cluster.client.get<ApiList<ApiObject>>(objects);
  const gone = items.filter(({ metadata }, index) => metadata.name.startsWith('object') && index % 3 === 0);
  await Promise.all([0, 1, 2, 3].map(async (part) => {
    for (const { metadata } of gone.filter((_, index) => index % 4 === part)) await cluster.client.delete(`${objects}/${metadata.name}`);
  }));
  const { succeeded, lines } = await endOfScan(cluster, job, 240_000);
  assert.ok(succeeded);
  assert.is(lines.find(({ message }) => message === 'scan finished')?.['failures'], 0);
  const left = new Set(items.filter((item) => !gone.includes(item)).map(({ metadata }) => metadata.uid));
  const { items: reports } = await cluster.until<ApiList<ReportObject>>(reportsPath(home), (list) => list?.items.length === left.size, 120_000);
  assert.ok(reports.every(({ metadata }) => left.has(metadata.name)));
});

test('a policy-server that restarts in the middle of a scan costs time and no result', async (cluster) => {
  const job = await startScan(cluster, [`--namespace=${home}`]);
  await podOf(cluster, job);
  const before = await runUidOf(cluster);
  await eventually(async () => (await runUidOf(cluster)) !== before, 'the scan to begin');
  const [server] = await podsOf(cluster, 'default');
  await cluster.killContainer({ namespace, pod: server?.metadata.name ?? '', container: 'policy-server-default' });
  const { succeeded, lines } = await endOfScan(cluster, job, 240_000);
  assert.ok(succeeded);
  const figures = lines.find(({ message }) => message === 'scan finished');
  assert.equal([figures?.['errored'], figures?.['failures'], figures?.['passed']], [0, 0, figures?.['objects']]);
});

/** The run that wrote some report last. */
async function runUidOf(cluster: Cluster): Promise<string | undefined> {
  const { items } = await cluster.client.get<ApiList<ReportObject>>(`${reportsPath(home)}?limit=1`);
  return items[0]?.metadata.labels?.['kubewarden.io/audit-scanner-run-uid'];
}

test('two scans at once leave every object with one report, and neither removes what the other wrote', async (cluster) => {
  const both = await Promise.all([startScan(cluster, [`--namespace=${home}`]), startScan(cluster, [`--namespace=${home}`])]);
  const runs = await Promise.all(both.map((job) => endOfScan(cluster, job, 240_000)));
  assert.ok(runs.every(({ succeeded }) => succeeded));
  const figures = runs.map(({ lines }) => lines.find(({ message }) => message === 'scan finished'));
  const { items } = await cluster.client.get<ApiList<ApiObject>>(objects);
  assert.equal(figures.map((one) => [one?.['objects'], one?.['removed'], one?.['failures']]), [[items.length, 0, 0], [items.length, 0, 0]]);
  assert.equal(await outcomes(cluster, 'clusterwide-judging'), { pass: items.length });
});

test('a scan that is killed in the middle removes nothing, and the next one brings everything up to date', async (cluster) => {
  await cluster.apply([saying('judging', { accepted: false, message: 'no longer' })]);
  await enforced(cluster, 'judging');
  const { items } = await cluster.client.get<ApiList<ApiObject>>(objects);
  const job = await startScan(cluster, [`--namespace=${home}`]);
  const pod = await podOf(cluster, job);
  await eventually(async () => (await outcomes(cluster, 'clusterwide-judging'))['fail'] !== undefined, 'a report of the new run');
  await cluster.killContainer({ namespace, pod, container: 'audit-scanner' });
  assert.is((await endOfScan(cluster, job)).succeeded, false);
  const halfway = await outcomes(cluster, 'clusterwide-judging');
  assert.ok((halfway['pass'] ?? 0) > 0 && (halfway['fail'] ?? 0) > 0, JSON.stringify(halfway));
  assert.is((halfway['pass'] ?? 0) + (halfway['fail'] ?? 0), items.length);
  await scan(cluster, [`--namespace=${home}`], 240_000);
  assert.equal(await outcomes(cluster, 'clusterwide-judging'), { fail: items.length });
});

test('a policy that hangs is an error with the reason, and the others are asked all the same', async (cluster) => {
  await cluster.apply([
    { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: home }, spec: { ports: [{ port: 80 }] } },
    clusterPolicy('hanging', { module: hangingModule(), timeoutEvalSeconds: 2, failurePolicy: 'Ignore', rules: rulesFor('', 'services'), namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': home } } }),
    clusterPolicy('answering', { module: registry?.moduleOf('scripted'), settings: {}, rules: rulesFor('', 'services') }),
  ]);
  await enforced(cluster, 'hanging');
  await enforced(cluster, 'answering');
  await cluster.kubectl(['delete', 'cap', 'judging']);
  await scan(cluster, [`--namespace=${home}`]);
  const report = (await reportsIn(cluster, home)).get('Service/web');
  assert.equal(report?.results.map(({ policy, result }) => [policy, result]), [['clusterwide-answering', 'pass'], ['clusterwide-hanging', 'error']]);
  assert.match(report?.results[1]?.message ?? '', /deadline|time/);
  assert.equal(report?.summary, { pass: 1, fail: 0, warn: 0, error: 1, skip: 0 });
});

test('a server that cannot be found is an error in the reports on what its policies judge, which stay', async (cluster) => {
  const twin = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'twin', namespace, labels: { 'app.kubernetes.io/instance': 'policy-server-default' } }, spec: { ports: [{ port: 443 }] } };
  await cluster.apply([twin]);
  const { lines } = await scan(cluster, [`--namespace=${home}`]);
  const report = (await reportsIn(cluster, home)).get('Service/web');
  assert.equal(report?.summary, { pass: 0, fail: 0, warn: 0, error: 2, skip: 0 });
  assert.match(report?.results[0]?.message ?? '', /has 2 Services labelled app\.kubernetes\.io\/instance=policy-server-default/);
  assert.is(lines.filter(({ message }) => message === 'policy errored').length, 2);
  await cluster.kubectl(['delete', 'service', 'twin', '-n', namespace]);
});

test('a scan that cannot list a resource keeps the reports on it', async (cluster) => {
  await scan(cluster, [`--namespace=${home}`]);
  const before = (await reportsIn(cluster, home)).get('Service/web');
  assert.is(before?.summary['pass'], 1);
  await cluster.kubectl(['delete', 'clusterrolebinding', 'audit-scanner-cluster-role-viewer']);
  const roles = [
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'little' }, rules: [{ apiGroups: [''], resources: ['namespaces'], verbs: ['get', 'list'] }] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'little' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'little' }, subjects: [{ kind: 'ServiceAccount', name: 'audit-scanner', namespace }] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'servers', namespace }, rules: [{ apiGroups: [''], resources: ['services'], verbs: ['list'] }] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'servers', namespace }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'servers' }, subjects: [{ kind: 'ServiceAccount', name: 'audit-scanner', namespace }] },
  ];
  await cluster.apply(roles);
  await delay(1_000);
  const { lines } = await scan(cluster, [`--namespace=${home}`]);
  assert.ok(lines.some(({ message, resource }) => message === 'Failed to list resources' && resource === 'services'));
  const afterwards = (await reportsIn(cluster, home)).get('Service/web');
  assert.is(afterwards?.metadata.resourceVersion, before?.metadata.resourceVersion);
});

test('the API server goes away for a moment in the middle of a scan, which waits and goes on', async (cluster) => {
  await cluster.apply([
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'audit-scanner-cluster-role-viewer' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' }, subjects: [{ kind: 'ServiceAccount', name: 'audit-scanner', namespace }] },
    saying('judging', { accepted: true }),
  ]);
  await enforced(cluster, 'judging');
  const job = await startScan(cluster, [`--namespace=${home}`]);
  await podOf(cluster, job);
  await eventually(async () => (await outcomes(cluster, 'clusterwide-judging'))['pass'] !== undefined, 'a report of the new run');
  await cluster.stopProgram('kube-apiserver');
  await cluster.startProgram('kube-apiserver');
  const { succeeded, lines } = await endOfScan(cluster, job, 240_000);
  assert.ok(succeeded);
  const { items } = await cluster.client.get<ApiList<ApiObject>>(objects);
  assert.equal(lines.filter(({ level }) => level === 'error').map(({ error }) => error).slice(0, 3), []);
  assert.is(lines.find(({ message }) => message === 'scan finished')?.['failures'], 0);
  assert.equal((await outcomes(cluster, 'clusterwide-judging'))['pass'], items.length);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
