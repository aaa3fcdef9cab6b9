// What runs for long against a real API server: the reflector, through compaction, outages and a bad network, and the
// election of a leader among Pods.
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import * as assert from 'uvu/assert';

import { isFault } from '../../../lib/fault.js';
import type { JsonObject } from '../../../lib/json/json-value.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import { ClusterClient, type ClientOptions } from '../../../lib/kubernetes/client.js';
import { loadConnection } from '../../../lib/kubernetes/config.js';
import { leaseAddress, leaseClaimOf } from '../../../lib/kubernetes/lease.js';
import { Reflector, type ReflectorEvent } from '../../../lib/kubernetes/reflector.js';
import { byLabel, type Change, ObjectStore } from '../../../lib/kubernetes/store.js';
import { scratchFolder } from '../../support/scratch.js';
import { SteadyTestClock } from '../../support/steady-test-clock.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { configMap, configMaps, namespaces } from './kinds.js';
import { clear, TcpProxy } from './tcp-proxy.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const COUNT = 5000;

const { test, run } = await clusterSuite('cluster/kubernetes/long-running', {
  images: { 'example.test/candidate:v1': { entrypoint: [process.execPath, '/app/build/test/cluster/kubernetes/candidate-program.js'], contents: { '/app': REPOSITORY } } },
});

const many = { resource: configMaps, namespace: 'many' };
const few = { resource: configMaps, namespace: 'few' };

async function clientOf(kubeconfig: string, options: ClientOptions = {}): Promise<ClusterClient> {
  return new ClusterClient(await loadConnection({ kind: 'file', path: kubeconfig }), options);
}

/** A kubeconfig like the administrator's whose server is another address. */
function kubeconfigVia(cluster: Cluster, server: string): string {
  const config = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')) as { clusters: { cluster: JsonObject }[] };
  const path = join(scratchFolder(), 'config');
  writeFileSync(path, JSON.stringify({ ...config, clusters: config.clusters.map((entry) => ({ ...entry, cluster: { ...entry.cluster, server } })) }));
  return path;
}

/** A reflector on ConfigMaps, with all that it tells. */
class Follower {
  readonly store = new ObjectStore<ApiObject, 'group'>({ group: byLabel('group') });
  readonly changes: Change<ApiObject>[] = [];
  readonly events: ReflectorEvent[] = [];
  readonly #stop = new AbortController();
  readonly #reflector: Reflector<ApiObject, 'group'>;
  readonly #running: Promise<void>;

  constructor(client: ClusterClient, collection: typeof many) {
    this.#reflector = new Reflector({ client, collection, trim: (object) => object, store: this.store, onChange: (change) => this.changes.push(change), onEvent: (event) => this.events.push(event) });
    this.#running = this.#reflector.run(this.#stop.signal);
  }

  get synced(): Promise<boolean> {
    return this.#reflector.synced;
  }

  listings(): number {
    return this.events.filter(({ kind }) => kind === 'listed').length;
  }

  failures(): string[] {
    return this.events.flatMap((event) => (event.kind === 'failed' ? [event.fault.code] : []));
  }

  /** Waits until the store holds what the API server does, and checks that the told changes add up to it. */
  async converges(direct: ClusterClient, collection: typeof many): Promise<void> {
    const versions = (objects: Iterable<ApiObject>): string => [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion ?? ''}`).sort().join();
    await until(async () => versions((await direct.list(collection)).items) === versions(this.store.values()));
    const told = new Map<string, ApiObject>();
    for (const change of this.changes) {
      const { name } = (change.kind === 'deleted' ? change.previous : change.object).metadata;
      assert.is(told.has(name), change.kind !== 'added', `${change.kind} ${name}`);
      if (change.kind === 'deleted') told.delete(name);
      else told.set(name, change.object);
    }
    assert.is(versions(told.values()), versions(this.store.values()));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 150_000;
  for (;;) {
    const held = await holds().catch((error: unknown) => {
      if (!isFault(error)) throw error;
      return false;
    });
    if (held) return;
    if (Date.now() > deadline) throw new Error('what was waited for did not come');
    await delay(200);
  }
}

/** Has etcd forget everything up to now, and the API server what it kept in memory. */
async function forgetHistory(cluster: Cluster): Promise<void> {
  await compact(cluster);
  await cluster.stopProgram('kube-apiserver');
  await cluster.startProgram('kube-apiserver');
}

/** Compacts etcd at its newest revision, through its own JSON gateway, which only the sandbox reaches. */
async function compact(cluster: Cluster): Promise<void> {
  const script = `const post = (path, body) => fetch('http://127.0.0.1:2379/v3/kv/' + path, { method: 'POST', body: JSON.stringify(body) }).then((answer) => answer.json());
    const { header } = await post('range', { key: 'AA==' }); console.log(JSON.stringify(await post('compaction', { revision: header.revision, physical: true })));`;
  await promisify(execFile)('nsenter', ['-t', String(cluster.sandboxPid), '-n', '--', process.execPath, '--input-type=module', '-e', script]);
}

test('5,000 objects are listed in pages and followed', async (cluster) => {
  const direct = await clientOf(cluster.kubeconfig);
  for (const { namespace } of [many, few]) await direct.create({ resource: namespaces }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
  await Promise.all(Array.from({ length: COUNT }, (_, index) => direct.create(many, configMap(`object-${index}`, { index: String(index) }, { labels: { group: String(index % 10) } }))));
  const follower = new Follower(direct, many);
  assert.is(await follower.synced, true);
  // The cluster adds kube-root-ca.crt.
  assert.is(follower.store.found('group', '3').length, COUNT / 10);
  assert.ok(follower.store.size >= COUNT);
  await Promise.all([
    ...Array.from({ length: 100 }, (_, index) => direct.delete({ ...many, name: `object-${index}` })),
    ...Array.from({ length: 100 }, (_, index) => direct.patch({ ...many, name: `object-${index + 100}` }, { kind: 'merge', patch: { metadata: { labels: { group: 'changed' } } } })),
  ]);
  await direct.create(many, configMap('new', {}, { labels: { group: 'new' } }));
  await follower.converges(direct, many);
  assert.equal([follower.store.found('group', 'changed').length, follower.store.found('group', 'new').length, follower.listings()], [100, 1, 1]);
  await follower.stop();
  direct.close();
});

test('a listing whose continue token expires half-way starts over and is complete', async (cluster) => {
  const direct = await clientOf(cluster.kubeconfig);
  const names = new Set<string>();
  const firsts: number[] = [];
  let page = 0;
  for await (const { items, first } of direct.pages(many, { pageSize: 1000 })) {
    page += 1;
    if (first) {
      firsts.push(page);
      names.clear();
    }
    for (const { metadata } of items) names.add(metadata.name);
    if (page !== 2) continue;
    await direct.create(many, configMap('while-listing'));
    await forgetHistory(cluster);
  }
  assert.equal(firsts, [1, 3]);
  assert.ok(names.has('while-listing'));
  assert.is(names.size, (await direct.list(many)).items.length);
  direct.close();
});

test('a watch from a version that is forgotten is followed by a listing, which tells what was missed', async (cluster) => {
  const direct = await clientOf(cluster.kubeconfig);
  const { hostname, port } = (await (await loadConnection({ kind: 'file', path: cluster.kubeconfig })).current()).server;
  await using proxy = await TcpProxy.start({ host: hostname, port: Number(port) }, Math.random);
  const through = await clientOf(kubeconfigVia(cluster, proxy.origin));
  await direct.create(few, configMap('stays'));
  await direct.create(few, configMap('goes'));
  const follower = new Follower(through, few);
  await follower.synced;
  proxy.weather = { ...clear, away: true };
  proxy.cut();
  await direct.delete({ ...few, name: 'goes' });
  await direct.create(few, configMap('comes'));
  await forgetHistory(cluster);
  proxy.weather = clear;
  await follower.converges(direct, few);
  assert.ok(follower.failures().includes('KUBERNETES_GONE'), follower.failures().join());
  assert.ok(follower.listings() >= 2);
  assert.ok(follower.changes.some((change) => change.kind === 'deleted' && change.previous.metadata.name === 'goes'));
  await follower.stop();
  through.close();
  direct.close();
});

test('through a network that resets, ends, silences and delays connections, and an API server that restarts, the store stays right', async (cluster) => {
  const direct = await clientOf(cluster.kubeconfig);
  const { hostname, port } = (await (await loadConnection({ kind: 'file', path: cluster.kubeconfig })).current()).server;
  const { random } = new SteadyTestClock({ seed: 11 });
  await using proxy = await TcpProxy.start({ host: hostname, port: Number(port) }, random);
  const through = await clientOf(kubeconfigVia(cluster, proxy.origin), { silenceMs: 2000, timeoutMs: 5000 });
  proxy.weather = { away: false, resets: 0.1, ends: 0.1, silences: 0.03, delayMs: 40 };
  const follower = new Follower(through, few);
  for (let step = 0; step < 300; step += 1) {
    const name = `weather-${Math.floor(random() * 20)}`;
    const change = random() < 0.7 ? direct.apply({ ...few, name }, configMap(name, { step: String(step) }), { fieldManager: 'test', force: true }) : direct.delete({ ...few, name });
    await change.catch((error: unknown) => {
      if (!isFault(error, 'KUBERNETES_NOT_FOUND')) throw error;
    });
    if (step % 4 === 0) await delay(200);
    if (step === 200) await cluster.stopProgram('kube-apiserver');
    if (step === 200) await cluster.startProgram('kube-apiserver');
  }
  proxy.weather = clear;
  await follower.converges(direct, few);
  assert.ok(proxy.harmed > 0);
  process.stdout.write(`\n${proxy.harmed} connections harmed, ${follower.listings()} listings, failures: ${[...new Set(follower.failures())].join()}\n`);
  await follower.stop();
  through.close();
  direct.close();
});

interface Rule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
}

function electionObjects(namespace: string): object[] {
  const rules: Rule[] = [{ apiGroups: ['coordination.k8s.io'], resources: ['leases'], verbs: ['get', 'create', 'update'] }];
  const rbac = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
    { apiVersion: `${rbac}/v1`, kind: 'Role', metadata: { name: 'candidate', namespace }, rules },
    { apiVersion: `${rbac}/v1`, kind: 'RoleBinding', metadata: { name: 'candidate', namespace }, roleRef: { apiGroup: rbac, kind: 'Role', name: 'candidate' }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }] },
  ];
}

test('of the Pods that want to lead one does; killed, it is followed after its term; told to end, at once', async (cluster) => {
  const namespace = 'election';
  const direct = await clientOf(cluster.kubeconfig);
  await cluster.apply(electionObjects(namespace));
  await cluster.until(`/api/v1/namespaces/${namespace}/serviceaccounts/default`, (account) => account !== undefined);
  const startCandidate = (name: string): Promise<unknown> =>
    cluster.client.create(`/api/v1/namespaces/${namespace}/pods`, { apiVersion: 'v1', kind: 'Pod', metadata: { name }, spec: { restartPolicy: 'Never', terminationGracePeriodSeconds: 60, containers: [{ name: 'main', image: 'example.test/candidate:v1' }] } });
  const logOf = (pod: string): Promise<string> => cluster.logs({ namespace, pod, container: 'main' });
  /** The Pod that holds the Lease, and how often that changed. */
  const leader = async (): Promise<{ readonly pod: string; readonly transitions: number }> => {
    const { holder, transitions } = leaseClaimOf(await direct.get(leaseAddress(namespace, 'the-lease')));
    return { pod: holder.split('_')[0] ?? '', transitions };
  };
  const others = (name: string): string => (name === 'candidate-a' ? 'candidate-b' : 'candidate-a');

  await Promise.all([startCandidate('candidate-a'), startCandidate('candidate-b')]);
  await until(async () => (await leader()).pod !== '' && (await logOf('candidate-a')).includes('\n') && (await logOf('candidate-b')).includes('\n'));
  const first = await leader();
  const second = others(first.pod);
  assert.equal([await logOf(first.pod), (await logOf(second)).includes('elected')], ['elected\n', false]);

  await cluster.killContainer({ namespace, pod: first.pod, container: 'main' });
  await until(async () => (await leader()).pod === second);
  assert.equal(await leader(), { pod: second, transitions: first.transitions + 1 });

  await startCandidate('candidate-c');
  await until(async () => (await logOf('candidate-c')).includes('leader-seen'));
  await cluster.killContainer({ namespace, pod: second, container: 'main' }, 'SIGTERM');
  await until(async () => (await logOf(second)).endsWith('finished\n'));
  assert.match(await logOf(second), /elected\nreleased\nfinished\n$/);
  await until(async () => (await leader()).pod === 'candidate-c');
  assert.is((await leader()).transitions, first.transitions + 2);
  direct.close();
});

run();
