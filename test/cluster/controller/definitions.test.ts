// The custom resource definitions on a real API server: what they embed of Kubernetes' own types, lists that merge by key, and the
// deprecated version that is still served.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import * as assert from 'uvu/assert';

import type { ApiObject } from '../api/objects.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, images, install, pod, podRules, policyPath, policyServer, pullSecretObject, refusal, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/definitions', { images });

let registry: PolicyRegistry | undefined;

test('the embedded types are those of this API server, list keys included', async () => {
  // It asks an API server of its own.
  const child = spawn(process.execPath, ['--conditions=@wasmwarden/source', 'scripts/write-core-schemas.mjs', '--check'], { stdio: ['ignore', 'ignore', 'pipe'] });
  const [told] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  assert.is(child.exitCode, 0, told);
});

test('conditions that several managers apply stand beside each other', async (cluster) => {
  await cluster.kubectl(['apply', '-f', 'deploy/crds']);
  await cluster.kubectl(['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await cluster.apply([policyServer('shared')]);
  for (const type of ['First', 'Second']) {
    const condition = { type, status: 'True', reason: 'Test', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' };
    const part = { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'shared' }, status: { conditions: [condition] } };
    await cluster.kubectl(['apply', '--server-side', '--subresource=status', `--field-manager=${type}`, '-f', '-'], { input: JSON.stringify(part) });
  }
  const { status } = await cluster.client.get<PolicyObject>('/apis/policies.kubewarden.io/v1/policyservers/shared');
  assert.equal(status?.conditions?.map(({ type }) => type), ['First', 'Second']);
  await cluster.kubectl(['delete', 'ps', 'shared']);
});

test('a field of an embedded type that Kubernetes does not know is refused', async (cluster) => {
  const wrong = { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'wrong' }, spec: { image: 'i', replicas: 1, affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: {} } } } };
  assert.match((await refusal(cluster, wrong)) ?? 'admitted', /nodeSelectorTerms: Required value/);
});

test('v1alpha2 is served, with a warning and its own columns, and a policy of that version is enforced', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  const old = { apiVersion: 'policies.kubewarden.io/v1alpha2', kind: 'ClusterAdmissionPolicy', metadata: { name: 'old' }, spec: { module: registry.moduleOf('pod-privileged'), rules: podRules, mutating: false } };
  assert.match((await refusal(cluster, old, ['--warnings-as-errors'])) ?? 'no warning', /1 warning received/);
  await enforced(cluster, 'old');
  assert.match((await refusal(cluster, pod('bad', { privileged: true }))) ?? 'admitted', /clusterwide-old\.kubewarden\.admission/);
  const columns = (resource: string): Promise<readonly string[]> => cluster.kubectl(['get', resource, '-o', 'wide']).then((table) => table.split('\n')[0]?.split(/\s{2,}/) ?? []);
  assert.equal(await columns('clusteradmissionpolicies.v1alpha2.policies.kubewarden.io'), ['NAME', 'POLICY SERVER', 'MUTATING', 'MODE', 'OBSERVED MODE', 'STATUS']);
  assert.equal(await columns('policyservers.v1alpha2.policies.kubewarden.io'), ['NAME', 'REPLICAS', 'IMAGE']);
  const { spec } = await cluster.client.get<ApiObject & { readonly spec: { readonly backgroundAudit: boolean } }>(policyPath('old'));
  assert.is(spec.backgroundAudit, true);
});

for (const [title, settings, problem] of [
  ['hold an integer that would be rounded', '{"limits":[{"max":9007199254740993}]}', /spec\.settings\.limits\[0\]\.max: .*give it as text/],
  ['are nested deeper than a policy-server reads', '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000), /spec\.settings: .*nested more than 125 levels deep/],
] as const) {
  test(`settings that ${title} are refused, and the controller goes on`, async (cluster) => {
    const policy = JSON.stringify({ apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', metadata: { name: 'lossy' }, spec: { module: 'registry://example.test/a:v1', policyServer: 'nobody', mutating: false, rules: podRules, settings: 'SETTINGS' } });
    const answer = await cluster.kubectl(['create', '-f', '-'], { input: policy.replace('"SETTINGS"', settings) }).then(() => 'admitted', String);
    assert.match(answer, problem);
  });
}

test('a match condition may have a name with a prefix', async (cluster) => {
  assert.is(await refusal(cluster, clusterPolicy('prefixed', { module: 'registry://example.test/a:v1', policyServer: 'nobody', matchConditions: [{ name: 'example.test/a', expression: 'true' }] })), undefined);
});

const long = 'a'.repeat(64);
for (const [title, name, expression] of [
  ['ends in a hyphen', 'a-', 'true'],
  ['is too long', long, 'true'],
  ['has a prefix that is no domain', 'A/b', 'true'],
  ['has an empty prefix', '/b', 'true'],
  ['has two slashes', 'a/b/c', 'true'],
  ['has an expression that does not compile', 'a', 'object.'],
  ['has an expression that yields a text', 'a', '"a"'],
  ['names a variable that there is none of', 'a', 'params.a == 1'],
] as const) {
  test(`a match condition that ${title} is refused in the API server's own words`, async (cluster) => {
    const matchConditions = [{ name, expression }];
    const clientConfig = { url: 'https://example.test/' };
    const webhook = { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name: 'direct' }, webhooks: [{ name: 'direct.example.test', clientConfig, rules: podRules, sideEffects: 'None', admissionReviewVersions: ['v1'], matchConditions }] };
    const words = (answer: string | undefined): string | undefined => / is invalid: (?:\w+\[0\]|spec)\.([\s\S]*)$/.exec(answer ?? '')?.[1]?.trim().replace(/^(matchConditions\[0\])\.name/, '$1');
    const direct = words(await refusal(cluster, webhook));
    assert.type(direct, 'string');
    assert.is(words(await refusal(cluster, clusterPolicy('conditional', { module: 'registry://example.test/a:v1', matchConditions }))), direct);
  });
}

after(async () => registry?.[Symbol.asyncDispose]());

run();
