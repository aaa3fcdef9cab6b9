// The journey of the seed document on a real API server: install, first policy, denial; then everything that may happen to it.

import * as assert from 'uvu/assert';

import { accountName, isForbidden, type AuditEvent } from '../api/audit.js';
import type { ApiList, ApiObject, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, conditionOf, enforced, eventually, images, install, namespace, namespacedPolicy, pod, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';
import { formatRight, rightsOf, uses } from './rights.js';

const { test, after, run } = await clusterSuite('cluster/controller/journey', { images, audit: true });

let registry: PolicyRegistry | undefined;
const modules = (): PolicyRegistry => {
  if (registry === undefined) throw new Error('the registry has not been started');
  return registry;
};

const eventsOfController = async (cluster: Cluster): Promise<readonly AuditEvent[]> => (await cluster.auditEvents()).filter(({ user }) => user.username === accountName(namespace, 'kubewarden-controller'));

test('an empty cluster has definitions, a controller and a PolicyServer `default` after one command', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  const columns = (await cluster.kubectl(['get', 'ps', '-o', 'wide'])).split('\n')[0]?.split(/\s{2,}/);
  assert.equal(columns, ['NAME', 'REPLICAS', 'IMAGE']);
});

test('the controller made an authority, a certificate for the Service, a Deployment and a ClusterIP Service', async (cluster) => {
  const { items: secrets } = await cluster.client.get<ApiList<ApiObject & { readonly data: Readonly<Record<string, string>> }>>(`/api/v1/namespaces/${namespace}/secrets`);
  const keysOf = (name: string): readonly string[] => Object.keys(secrets.find(({ metadata }) => metadata.name === name)?.data ?? {}).sort();
  assert.equal(keysOf('kubewarden-ca'), ['ca.crt', 'ca.key']);
  assert.equal(keysOf('kubewarden-webhook-server-cert'), ['tls.crt', 'tls.key']);
  assert.equal(keysOf('policy-server-default'), ['tls.crt', 'tls.key']);
  const service = await cluster.client.get<{ readonly spec: { readonly type: string } }>(`/api/v1/namespaces/${namespace}/services/policy-server-default`);
  assert.is(service.spec.type, 'ClusterIP');
});

test('a first policy is enforced: a privileged Pod is denied by the API server with the policy\'s message', async (cluster) => {
  await cluster.apply([pullSecretObject(modules())]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(modules()) })]);
  await cluster.kubectl(['create', '-f', '-'], { input: JSON.stringify(clusterPolicy('privileged-pods', { module: modules().moduleOf('pod-privileged') })) });
  await enforced(cluster, 'privileged-pods');
  const told = await refusal(cluster, pod('bad', { privileged: true }));
  assert.match(told ?? '', /admission webhook "clusterwide-privileged-pods\.kubewarden\.admission" denied the request: Privileged container is not allowed/);
  assert.is(await refusal(cluster, pod('good')), undefined);
});

test('a mutating policy changes a Pod', async (cluster) => {
  await cluster.apply([clusterPolicy('labelled', { module: modules().moduleOf('add-label'), mutating: true, settings: { label: 'team', value: 'blue' } })]);
  await enforced(cluster, 'labelled');
  assert.is(await refusal(cluster, pod('to-be-labelled')), undefined);
  const { metadata } = await cluster.client.get<ApiObject>('/api/v1/namespaces/default/pods/to-be-labelled');
  assert.is(metadata.labels?.['team'], 'blue');
});

test('a policy in monitor mode lets through what it would deny', async (cluster) => {
  await cluster.kubectl(['delete', 'cap', 'privileged-pods']);
  await cluster.apply([clusterPolicy('watching', { module: modules().moduleOf('pod-privileged'), mode: 'monitor' })]);
  await enforced(cluster, 'watching');
  assert.is(await refusal(cluster, pod('monitored', { privileged: true })), undefined);
  const policy = await cluster.client.get<PolicyObject>(policyPath('watching'));
  assert.is(policy.status?.mode, 'monitor');
});

test('kubectl shows policies and their states in the columns of the contract', async (cluster) => {
  const [head, ...rows] = (await cluster.kubectl(['get', 'cap', '-o', 'wide'])).trim().split('\n');
  assert.equal(head?.split(/\s{2,}/), ['NAME', 'POLICY SERVER', 'MUTATING', 'BACKGROUNDAUDIT', 'MODE', 'OBSERVED MODE', 'STATUS', 'AGE', 'SEVERITY', 'CATEGORY']);
  assert.equal(rows.map((row) => row.split(/\s+/).slice(0, 7)), [
    ['labelled', 'default', 'true', 'true', 'protect', 'protect', 'active'],
    ['watching', 'default', 'false', 'true', 'monitor', 'monitor', 'active'],
  ]);
});

test('a policy whose PolicyServer does not exist is unschedulable, says which, and heals when it appears', async (cluster) => {
  await cluster.kubectl(['create', 'namespace', 'tenant']);
  await cluster.apply([namespacedPolicy('tenant', 'privileged-pods', { module: modules().moduleOf('pod-privileged'), policyServer: 'second' })]);
  const policy = await cluster.until<PolicyObject>(policyPath('privileged-pods', 'tenant'), (found) => found?.status?.policyStatus === 'unschedulable');
  assert.match(conditionOf(policy, 'PolicyScheduled')?.message ?? '', /The PolicyServer second does not exist/);
  await cluster.apply([policyServer('second', sources(modules()))]);
  await rolledOut(cluster, 'policy-server-second');
  await enforced(cluster, 'privileged-pods', 'tenant');
});

test('a policy of one namespace acts there only', async (cluster) => {
  assert.match((await refusal(cluster, pod('bad', { privileged: true, home: 'tenant' }))) ?? '', /Privileged container is not allowed/);
  assert.is(await refusal(cluster, pod('elsewhere', { privileged: true })), undefined);
});

test('wrong settings: the old Pods keep serving, and the reason is in the condition of that policy alone', async (cluster) => {
  await cluster.apply([clusterPolicy('wrong', { module: modules().moduleOf('add-label'), mutating: true, settings: { label: '', value: 'blue' } })]);
  const policy = await cluster.until<PolicyObject>(policyPath('wrong'), (found) => conditionOf(found, 'PolicyServable')?.status === 'False');
  assert.match(conditionOf(policy, 'PolicyServable')?.message ?? '', /'label' must not be empty/);
  assert.is(policy.status?.policyStatus, 'pending');
  assert.is(await refusal(cluster, pod('still-labelled')), undefined);
  const { metadata } = await cluster.client.get<ApiObject>('/api/v1/namespaces/default/pods/still-labelled');
  assert.is(metadata.labels?.['team'], 'blue');
  const other = await cluster.client.get<PolicyObject>(policyPath('watching'));
  assert.not.match(JSON.stringify(other.status), /must not be empty/);
  assert.is(other.status?.policyStatus, 'active');
  await cluster.kubectl(['delete', 'cap', 'wrong']);
  await rolledOut(cluster, 'policy-server-default');
});

test('what is as it ought to be is looked at and left alone', async (cluster) => {
  const { items } = await cluster.client.get<ApiList<Pod>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=app.kubernetes.io%2Fcomponent%3Dcontroller`);
  const looks = async (): Promise<number> => {
    const text = await (await fetch(`http://${items[0]?.status?.podIP ?? ''}:8088/metrics`)).text();
    return [...text.matchAll(/^controller_runtime_reconcile_total\{controller="policyserver",.*\} (\d+)$/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
  };
  const writes = async (): Promise<readonly string[]> => (await eventsOfController(cluster)).flatMap(({ verb, requestURI, objectRef }) => (['create', 'patch', 'delete'].includes(verb) && objectRef?.resource !== 'leases' ? [`${verb} ${requestURI}`] : []));
  const before = { looks: await looks(), writes: await writes() };
  await cluster.kubectl(['label', 'ps', '--all', 'looked=at']);
  await eventually(async () => (await looks()) >= before.looks + 2, 'both PolicyServers were looked at');
  assert.equal((await writes()).slice(before.writes.length), []);
});

test('a disruption budget comes, changes and goes with its fields', async (cluster) => {
  const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/policy-server-second`;
  const limits = (fields: object): Promise<string> => cluster.kubectl(['patch', 'ps', 'second', '--type=merge', '-p', JSON.stringify({ spec: fields })]);
  const budget = (holds: (spec: Readonly<Record<string, unknown>> | undefined) => boolean): Promise<unknown> => cluster.until<{ readonly spec: Readonly<Record<string, unknown>> }>(path, (found) => holds(found?.spec));
  await limits({ minAvailable: 1 });
  await budget((spec) => spec?.['minAvailable'] === 1);
  await limits({ minAvailable: null, maxUnavailable: '50%' });
  await budget((spec) => spec?.['maxUnavailable'] === '50%' && !('minAvailable' in spec));
  await limits({ maxUnavailable: null });
  await budget((spec) => spec === undefined);
});

test('a certificate that somebody damaged is replaced', async (cluster) => {
  const path = `/api/v1/namespaces/${namespace}/secrets/policy-server-second`;
  await cluster.client.patch(path, 'merge-patch+json', { data: { 'tls.crt': 'bm90aGluZw==' } });
  await cluster.until<{ readonly data: Readonly<Record<string, string>> }>(path, (secret) => Buffer.from(secret?.data['tls.crt'] ?? '', 'base64').toString().startsWith('-----BEGIN CERTIFICATE-----'));
});

test('a version of the configuration goes with the last ReplicaSet that could start a Pod with it', async (cluster) => {
  interface ReplicaSet extends ApiObject {
    readonly spec: { readonly replicas: number; readonly template: { readonly metadata: ApiObject['metadata'] } };
  }
  const { items } = await cluster.client.get<ApiList<ReplicaSet>>(`/apis/apps/v1/namespaces/${namespace}/replicasets?labelSelector=kubewarden%2Fpolicy-server%3Ddefault`);
  const versionOf = (set: ReplicaSet): string => set.spec.template.metadata.labels?.['kubewarden/config-version'] ?? '';
  const old = items.find((set) => set.spec.replicas === 0 && items.every((other) => other === set || versionOf(other) !== versionOf(set)));
  assert.ok(old);
  const path = `/api/v1/namespaces/${namespace}/configmaps/policy-server-default-${versionOf(old)}`;
  assert.ok(await cluster.read(path));
  await cluster.client.delete(`/apis/apps/v1/namespaces/${namespace}/replicasets/${old.metadata.name}`);
  await cluster.until(path, (found) => found === undefined);
});

test('everything deleted: no webhook configuration and no Deployment is left, and nothing is stuck', async (cluster) => {
  await cluster.kubectl(['delete', '--all', '--all-namespaces', 'clusteradmissionpolicies,admissionpolicies', '--timeout=90s']);
  const configurations = await cluster.kubectl(['get', 'validatingwebhookconfigurations,mutatingwebhookconfigurations', '-o', 'name']);
  assert.equal(configurations.trim().split('\n').filter((name) => !name.includes('kubewarden-controller-')), []);
  await cluster.kubectl(['delete', '--all', 'policyservers', '--timeout=90s']);
  await cluster.until<ApiList<ApiObject>>(`/apis/apps/v1/namespaces/${namespace}/deployments`, (list) => list?.items.every(({ metadata }) => metadata.name === 'kubewarden-controller') === true);
});

test('the controller was refused nothing, and used every right that it has', async (cluster) => {
  const events = await eventsOfController(cluster);
  assert.equal(events.filter(isForbidden).map(({ verb, requestURI }) => `${verb} ${requestURI}`), []);
  const unused = rightsOf('deploy/controller/access.yaml').filter((right) => !events.some((event) => uses(event, right)));
  assert.equal(unused.map(formatRight), []);
});

test('an uninstalled product leaves nothing that the API server would ask', async (cluster) => {
  await cluster.kubectl(['delete', '-k', 'deploy/', '--timeout=120s']);
  await cluster.until<ApiList<ApiObject>>('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations', (list) => list?.items.length === 0);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
