// The scanner that stays: what changes is looked at within ten seconds, and nothing else is.

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, namespace, startPolicyRegistry, type PolicyRegistry } from '../controller/bench.js';
import { images, installWith, type ReportObject, reportsIn, reportsPath, rulesFor } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/audit/watch', { images });

let registry: PolicyRegistry | undefined;

/** What the scanner is held to, in milliseconds. */
const promiseMs = 10_000;

const configMap = (home: string, name: string, data: Readonly<Record<string, string>> = {}, labels: Readonly<Record<string, string>> = {}): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: home, labels }, data });
const policy = (accepted: boolean, more: object = {}): object =>
  clusterPolicy('judging', { module: registry?.moduleOf('scripted'), settings: { answer: { accepted, message: accepted ? undefined : 'no longer' } }, mode: 'monitor', rules: rulesFor('', 'configmaps'), namespaceSelector: { matchLabels: { judged: 'yes' } }, ...more });
const makeNamespace = (name: string): object => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { judged: 'yes' } } });

/** The scanner as a Deployment, made from its CronJob. */
async function watcher(cluster: Cluster): Promise<object> {
  interface CronJob extends ApiObject {
    readonly spec: { readonly jobTemplate: { readonly spec: { readonly template: { readonly metadata: object; readonly spec: { readonly containers: readonly (object & { readonly args: readonly string[] })[] } } } } };
  }
  const { template } = (await cluster.client.get<CronJob>(`/apis/batch/v1/namespaces/${namespace}/cronjobs/audit-scanner`)).spec.jobTemplate.spec;
  const labels = { app: 'audit-watcher' };
  const containers = template.spec.containers.map((container) => ({ ...container, args: [...container.args, '--watch'] }));
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'audit-watcher', namespace }, spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { ...template.spec, restartPolicy: 'Always', containers } } } };
}

async function log(cluster: Cluster): Promise<string> {
  const { items } = await cluster.client.get<ApiList<ApiObject>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Daudit-watcher`);
  return cluster.logs({ namespace, pod: items[0]?.metadata.name ?? '', container: 'audit-scanner' });
}

/** Waits until the reports of a namespace are as wanted, not longer than was promised. */
async function soon(cluster: Cluster, home: string, wanted: Readonly<Record<string, string>>): Promise<void> {
  const found = (list: ApiList<ReportObject> | undefined): string => JSON.stringify(Object.fromEntries((list?.items ?? []).map(({ scope, results }) => [scope['name'] ?? '', results.map(({ result }) => result).join()] as const).sort()));
  await cluster.until<ApiList<ReportObject>>(reportsPath(home), (list) => found(list) === JSON.stringify(Object.fromEntries(Object.entries(wanted).sort())), promiseMs);
}

test('it scans once and stays', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await installWith(cluster, registry, []);
  await cluster.apply([makeNamespace('first'), policy(true)]);
  await cluster.apply([configMap('first', 'there')]);
  await enforced(cluster, 'judging');
  await cluster.apply([await watcher(cluster)]);
  await cluster.kubectl(['rollout', 'status', 'deployment/audit-watcher', '-n', namespace, '--timeout=60s']);
  await cluster.until<ApiList<ReportObject>>(reportsPath('first'), (list) => list?.items.length === 2);
  assert.equal([...(await reportsIn(cluster, 'first')).keys()].sort(), ['ConfigMap/kube-root-ca.crt', 'ConfigMap/there']);
});

test('a new object, a changed one and one that goes', async (cluster) => {
  const others = { 'kube-root-ca.crt': 'pass', 'there': 'pass' };
  await cluster.apply([configMap('first', 'new')]);
  await soon(cluster, 'first', { ...others, new: 'pass' });
  const before = (await reportsIn(cluster, 'first')).get('ConfigMap/new');
  await cluster.apply([configMap('first', 'new', { changed: 'yes' })]);
  await cluster.until<ApiList<ReportObject>>(reportsPath('first'), (list) => list?.items.some(({ scope }) => scope['name'] === 'new' && scope['resourceVersion'] !== before?.scope['resourceVersion']) === true, promiseMs);
  await cluster.kubectl(['delete', 'configmap', 'new', '-n', 'first']);
  await soon(cluster, 'first', others);
});

test('a new namespace, and one whose labels no longer call for the policy', async (cluster) => {
  await cluster.apply([makeNamespace('second')]);
  await soon(cluster, 'second', { 'kube-root-ca.crt': 'pass' });
  await cluster.kubectl(['label', 'namespace', 'second', 'judged=no', '--overwrite']);
  await soon(cluster, 'second', {});
});

test('a policy that is tightened, counted from when its policy-server serves it', async (cluster) => {
  await cluster.apply([policy(false)]);
  await enforced(cluster, 'judging');
  await soon(cluster, 'first', { 'kube-root-ca.crt': 'fail', 'there': 'fail' });
});

test('a policy that no longer selects an object', async (cluster) => {
  await cluster.apply([policy(false, { objectSelector: { matchLabels: { chosen: 'yes' } } })]);
  await enforced(cluster, 'judging');
  await soon(cluster, 'first', {});
  await cluster.kubectl(['label', 'configmap', 'there', '-n', 'first', 'chosen=yes']);
  await soon(cluster, 'first', { there: 'fail' });
});

test('the last policy is deleted', async (cluster) => {
  await cluster.kubectl(['delete', 'cap', 'judging']);
  await soon(cluster, 'first', {});
});

test('the API server goes away and comes back, and the scanner with it', async (cluster) => {
  await cluster.apply([policy(true)]);
  await enforced(cluster, 'judging');
  await soon(cluster, 'first', { 'kube-root-ca.crt': 'pass', 'there': 'pass' });
  await cluster.stopProgram('kube-apiserver');
  await cluster.startProgram('kube-apiserver');
  await cluster.apply([configMap('first', 'after')]);
  // What watches while the API server restarts tries again after half a minute at most.
  await cluster.until<ApiList<ReportObject>>(reportsPath('first'), (list) => list?.items.length === 3, 60_000);
});

test('told to stop, it ends by itself and without an error', async (cluster) => {
  assert.not.match(await log(cluster), /"level":"error"/);
  const { items } = await cluster.client.get<ApiList<ApiObject>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app%3Daudit-watcher`);
  await cluster.killContainer({ namespace, pod: items[0]?.metadata.name ?? '', container: 'audit-scanner' }, 'SIGTERM');
  interface Ended extends ApiObject {
    readonly status?: { readonly containerStatuses?: readonly { readonly lastState?: { readonly terminated?: { readonly exitCode: number } } }[] };
  }
  const pod = await cluster.until<Ended>(`/api/v1/namespaces/${namespace}/pods/${items[0]?.metadata.name ?? ''}`, (found) => found?.status?.containerStatuses?.[0]?.lastState?.terminated !== undefined);
  assert.is(pod.status?.containerStatuses?.[0]?.lastState?.terminated?.exitCode, 0);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
