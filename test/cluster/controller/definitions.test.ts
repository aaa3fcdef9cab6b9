// The custom resource definitions on a real API server: what they embed of Kubernetes' own types, lists that merge by key, and the
// deprecated version that is still served.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

import * as assert from 'uvu/assert';

import type { ApiObject } from '../api/objects.js';
import { clusterSuite } from '../cluster-suite.js';
import { enforced, images, install, pod, podRules, policyPath, policyServer, pullSecretObject, refusal, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';

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

after(async () => registry?.[Symbol.asyncDispose]());

run();
