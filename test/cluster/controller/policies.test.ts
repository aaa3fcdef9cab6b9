// Binding of policies to PolicyServers, and taking both away in every order.

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, images, install, namespace, namespacedPolicy, pod, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/policies', { images });

let registry: PolicyRegistry | undefined;
const modules = (): PolicyRegistry => {
  if (registry === undefined) throw new Error('the registry has not been started');
  return registry;
};

const webhookNames = async (read: (path: string) => Promise<ApiList<ApiObject>>, kind: 'validating' | 'mutating'): Promise<readonly string[]> => {
  const { items } = await read(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`);
  return items.map(({ metadata }) => metadata.name).filter((name) => !name.startsWith('kubewarden-controller-'));
};

test('two PolicyServers come up', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(modules()), policyServer('second', sources(modules()))]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(modules()) })]);
  await rolledOut(cluster, 'policy-server-second');
});

test('a policy that names no PolicyServer is bound to `default`', async (cluster) => {
  await cluster.apply([clusterPolicy('unnamed', { module: modules().moduleOf('pod-privileged') })]);
  const { spec } = await cluster.client.get<ApiObject & { readonly spec: { readonly policyServer: string } }>(policyPath('unnamed'));
  assert.is(spec.policyServer, 'default');
  await enforced(cluster, 'unnamed');
});

test('the same module and settings run on two PolicyServers as two policies', async (cluster) => {
  await cluster.apply([clusterPolicy('on-second', { module: modules().moduleOf('pod-privileged'), policyServer: 'second' })]);
  await enforced(cluster, 'on-second');
  const configured = async (server: string): Promise<string> =>
    (await cluster.client.get<{ readonly data: Readonly<Record<string, string>> }>(`/api/v1/namespaces/${namespace}/configmaps/policy-server-${server}`)).data['policies.yml'] ?? '';
  assert.match(await configured('default'), /clusterwide-unnamed/);
  assert.not.match(await configured('default'), /clusterwide-on-second/);
  assert.match(await configured('second'), /clusterwide-on-second/);
  assert.match((await refusal(cluster, pod('bad', { privileged: true }))) ?? '', /Privileged container is not allowed/);
});

test('the PolicyServer of a policy cannot be changed', async (cluster) => {
  const change = cluster.kubectl(['patch', 'cap', 'unnamed', '--type=merge', '-p', '{"spec":{"policyServer":"second"}}']);
  const told = await change.then(() => 'it was changed', (error: unknown) => String(error));
  assert.match(told, /policyServer/);
  assert.match(told, /immutable/);
});

test('a policy that becomes mutating has one webhook configuration at the end, of the other kind', async (cluster) => {
  await cluster.apply([clusterPolicy('turning', { module: modules().moduleOf('add-label'), mutating: false, settings: { label: 'team', value: 'blue' } })]);
  await enforced(cluster, 'turning');
  assert.ok((await webhookNames((path) => cluster.client.get(path), 'validating')).includes('clusterwide-turning'));
  await cluster.kubectl(['patch', 'cap', 'turning', '--type=merge', '-p', '{"spec":{"mutating":true}}']);
  await cluster.until<ApiObject>('/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/clusterwide-turning', (found) => found !== undefined);
  await enforced(cluster, 'turning');
  await cluster.until('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/clusterwide-turning', (found) => found === undefined);
  assert.is(await refusal(cluster, pod('labelled')), undefined);
  const { metadata } = await cluster.client.get<ApiObject>('/api/v1/namespaces/default/pods/labelled');
  assert.is(metadata.labels?.['team'], 'blue');
});

test('a PolicyServer deleted before its policies goes; they stay, are unschedulable and have no webhook configurations', async (cluster) => {
  await cluster.kubectl(['create', 'namespace', 'tenant']);
  await cluster.apply([namespacedPolicy('tenant', 'bound', { module: modules().moduleOf('pod-privileged'), policyServer: 'second' })]);
  await enforced(cluster, 'bound', 'tenant');
  await cluster.kubectl(['delete', 'ps', 'second', '--timeout=90s']);
  const gone = `/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-second`;
  await cluster.until(gone, (found) => found === undefined);
  for (const [name, home] of [['on-second', undefined], ['bound', 'tenant']] as const) {
    const kept = await cluster.until<PolicyObject>(policyPath(name, home), (policy) => policy?.status?.policyStatus === 'unschedulable');
    assert.is(kept.metadata.deletionTimestamp, undefined);
  }
  assert.equal((await webhookNames((path) => cluster.client.get(path), 'validating')).filter((name) => /second|bound/.test(name)), []);
});

test('a namespace is deleted with the policies in it', async (cluster) => {
  await cluster.kubectl(['create', 'namespace', 'short-lived']);
  await cluster.apply([namespacedPolicy('short-lived', 'bound', { module: modules().moduleOf('pod-privileged') })]);
  await enforced(cluster, 'bound', 'short-lived');
  await cluster.kubectl(['delete', 'namespace', 'short-lived', '--timeout=90s']);
  assert.equal((await webhookNames((path) => cluster.client.get(path), 'validating')).filter((name) => name.includes('short-lived')), []);
});

test('servers and policies deleted at once: nothing is left, nothing is stuck', async (cluster) => {
  await Promise.all([
    cluster.kubectl(['delete', '--all', 'policyservers', '--timeout=120s']),
    cluster.kubectl(['delete', '--all', '--all-namespaces', 'clusteradmissionpolicies,admissionpolicies', '--timeout=120s']),
  ]);
  for (const kind of ['validating', 'mutating'] as const) assert.equal(await webhookNames((path) => cluster.client.get(path), kind), []);
  await cluster.until<ApiList<ApiObject>>(`/apis/apps/v1/namespaces/${namespace}/deployments`, (list) => list?.items.every(({ metadata }) => metadata.name === 'kubewarden-controller') === true);
  for (const kind of ['services', 'configmaps', 'secrets']) {
    const { items } = await cluster.client.get<ApiList<ApiObject>>(`/api/v1/namespaces/${namespace}/${kind}`);
    assert.equal(items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('policy-server-')), [], kind);
  }
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
