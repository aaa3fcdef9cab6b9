// The journey of the seed document on a real API server: install, first policy, denial; then everything that may happen to it.

import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:tls';

import * as assert from 'uvu/assert';

import { accountName, isForbidden } from '../api/audit.js';
import type { ApiList, ApiObject, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, conditionOf, enforced, eventually, images, install, namespace, namespacedPolicy, pod, podsOf, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';
import { formatRight, rightsOf, uses } from './rights.js';

const { test, after, run } = await clusterSuite('cluster/controller/journey', { images, audit: true });

let registry: PolicyRegistry | undefined;
const modules = (): PolicyRegistry => {
  if (registry === undefined) throw new Error('the registry has not been started');
  return registry;
};

test('an empty cluster has definitions, a controller and a PolicyServer called default after one command', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  const columns = (await cluster.kubectl(['get', 'ps', '-o', 'wide'])).split('\n')[0]?.split(/\s{2,}/);
  assert.equal(columns, ['NAME', 'REPLICAS', 'IMAGE']);
  const kinds = await cluster.kubectl(['api-resources', '--api-group=policies.kubewarden.io', '-o', 'name']);
  assert.equal(kinds.trim().split('\n').sort(), ['admissionpolicies', 'clusteradmissionpolicies', 'policyservers'].map((plural) => `${plural}.policies.kubewarden.io`));
  await rolledOut(cluster, 'kubewarden-controller');
});

/** The certificate in a Secret. */
async function certificateIn(cluster: Cluster, secret: string, key: string): Promise<X509Certificate> {
  const { data } = await cluster.client.get<ApiObject & { readonly data: Readonly<Record<string, string>> }>(`/api/v1/namespaces/${namespace}/secrets/${secret}`);
  return new X509Certificate(Buffer.from(data[key] ?? '', 'base64'));
}

test('the controller made a self-signed authority, and with it a certificate for the Service of the policy-server, in Secrets', async (cluster) => {
  const { items: secrets } = await cluster.client.get<ApiList<ApiObject & { readonly data: Readonly<Record<string, string>> }>>(`/api/v1/namespaces/${namespace}/secrets`);
  const keysOf = (name: string): readonly string[] => Object.keys(secrets.find(({ metadata }) => metadata.name === name)?.data ?? {}).sort();
  assert.equal(keysOf('kubewarden-ca'), ['ca.crt', 'ca.key']);
  assert.equal(keysOf('kubewarden-webhook-server-cert'), ['tls.crt', 'tls.key']);
  assert.equal(keysOf('policy-server-default'), ['tls.crt', 'tls.key']);
  const [authority, leaf] = [await certificateIn(cluster, 'kubewarden-ca', 'ca.crt'), await certificateIn(cluster, 'policy-server-default', 'tls.crt')];
  assert.ok(authority.ca && authority.verify(authority.publicKey) && leaf.verify(authority.publicKey));
  assert.is(leaf.checkHost(`policy-server-default.${namespace}.svc`), `policy-server-default.${namespace}.svc`);
});

test('the controller made a Deployment whose Pods have a readiness probe, and a ClusterIP Service in front of it', async (cluster) => {
  const service = await cluster.client.get<{ readonly spec: { readonly type: string; readonly clusterIP: string } }>(`/api/v1/namespaces/${namespace}/services/policy-server-default`);
  assert.is(service.spec.type, 'ClusterIP');
  const [pod] = (await podsOf(cluster, 'default')) as readonly Pod[];
  const probes = pod?.spec.containers.map(({ readinessProbe }) => readinessProbe?.httpGet?.path);
  assert.equal(probes, ['/readiness']);
});

test('the HTTPS server of a policy-server shows the certificate that the controller made', async (cluster) => {
  const [pod] = (await podsOf(cluster, 'default')) as readonly Pod[];
  const socket = connect({ host: pod?.status?.podIP ?? '', port: 8443, servername: `policy-server-default.${namespace}.svc`, ca: (await certificateIn(cluster, 'kubewarden-ca', 'ca.crt')).toString() });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate();
  socket.destroy();
  assert.is(shown?.fingerprint256, (await certificateIn(cluster, 'policy-server-default', 'tls.crt')).fingerprint256);
});

test('a first policy is enforced: a privileged Pod is denied by the API server with the message of the policy', async (cluster) => {
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

test('each policy has a webhook configuration of its own, which points to its endpoint', async (cluster) => {
  interface Configuration extends ApiObject {
    readonly webhooks: readonly { readonly clientConfig: { readonly service: { readonly name: string; readonly path: string } } }[];
  }
  for (const [kind, id] of [['validating', 'clusterwide-privileged-pods'], ['mutating', 'clusterwide-labelled']] as const) {
    const { items } = await cluster.client.get<ApiList<Configuration>>(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`);
    const endpoints = items.filter(({ metadata }) => metadata.name === id).flatMap(({ webhooks }) => webhooks.map(({ clientConfig }) => `${clientConfig.service.name} ${clientConfig.service.path}`));
    assert.equal(endpoints, [`policy-server-default /validate/${id}`]);
  }
});

test('a policy that is created, changed or deleted brings a ConfigMap with all policies of its PolicyServer, and a rollout', async (cluster) => {
  const isRolledOutWith = async (wanted: Readonly<Record<string, unknown>>): Promise<boolean> => {
    const deployment = await cluster.client.get<ApiObject>(`/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-default`);
    const version = deployment.metadata.annotations?.['kubewarden/config-version'] ?? '';
    const map = await cluster.read<ApiObject & { readonly data: Readonly<Record<string, string>> }>(`/api/v1/namespaces/${namespace}/configmaps/policy-server-default-${version}`);
    const entries = Object.entries(JSON.parse(map?.data['policies.yml'] ?? '{}') as Readonly<Record<string, { readonly settings: unknown }>>).map(([id, { settings }]) => [id, settings]);
    return JSON.stringify(Object.fromEntries(entries)) === JSON.stringify(wanted);
  };
  const others = { 'clusterwide-labelled': { label: 'team', value: 'blue' }, 'clusterwide-privileged-pods': {} };
  await cluster.apply([clusterPolicy('brief', { module: modules().moduleOf('scripted'), settings: { answer: { accepted: true } } })]);
  await eventually(() => isRolledOutWith({ 'clusterwide-brief': { answer: { accepted: true } }, ...others }), 'the created policy is rolled out with the others');
  await cluster.kubectl(['patch', 'cap', 'brief', '--type=merge', '-p', '{"spec":{"settings":{"answer":{"accepted":false}}}}']);
  await eventually(() => isRolledOutWith({ 'clusterwide-brief': { answer: { accepted: false } }, ...others }), 'its changed settings are rolled out');
  await cluster.kubectl(['delete', 'cap', 'brief']);
  await eventually(() => isRolledOutWith(others), 'a configuration without it is rolled out');
  await rolledOut(cluster, 'policy-server-default');
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

test('a tenant who may read no logs is told by the policy and by an Event what is wrong with it', async (cluster) => {
  const reader = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role', metadata: { name: 'reader', namespace: 'tenant' }, rules: [{ apiGroups: ['policies.kubewarden.io'], resources: ['admissionpolicies'], verbs: ['get', 'list'] }, { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: ['get', 'list'] }] };
  const binding = { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding', metadata: { name: 'reader', namespace: 'tenant' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' }, subjects: [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'developer' }] };
  await cluster.apply([reader, binding, namespacedPolicy('tenant', 'wrong', { module: modules().moduleOf('add-label'), policyServer: 'second', mutating: true, settings: { label: '', value: 'blue' } })]);
  await cluster.until<PolicyObject>(policyPath('wrong', 'tenant'), (found) => conditionOf(found, 'PolicyServable')?.status === 'False');
  const kubeconfig = await cluster.kubeconfigFor({ name: 'developer', groups: [] });
  const developer = (...words: readonly string[]): Promise<string> => cluster.kubectl(words, { kubeconfig }).catch(String);
  assert.match(await developer('logs', '-n', namespace, 'deployment/policy-server-second'), /forbidden/);
  assert.match(await developer('get', 'ap', 'wrong', '-n', 'tenant', '-o', 'json'), /'label' must not be empty/);
  await eventually(async () => (await developer('events', '-n', 'tenant', '--for=ap/wrong', '--types=Warning')).includes("PolicyRejected   AdmissionPolicy/wrong   Policy settings are invalid: 'label' must not be empty"), 'the Event is told');
  await cluster.kubectl(['delete', 'ap', 'wrong', '-n', 'tenant']);
  await rolledOut(cluster, 'policy-server-second');
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
  const events = (await cluster.auditEvents()).filter(({ user }) => user.username === accountName(namespace, 'kubewarden-controller'));
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
