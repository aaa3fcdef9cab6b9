// Installation by one command: done twice, interrupted, repeated after losses, undone and done anew, it always comes to the same.

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, images, namespace, pod, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';
import { controllerMetrics, stopController } from './controller-pods.js';

const { test, after, run } = await clusterSuite('cluster/controller/install', { images });

const everything = ['apply', '-k', 'deploy/'];
const secretPath = (name: string): string => `/api/v1/namespaces/${namespace}/secrets/${name}`;
const serverPath = (name: string): string => `/apis/policies.kubewarden.io/v1/policyservers/${name}`;

let registry: PolicyRegistry | undefined;

/** Brings a policy to the PolicyServer `default`. */
async function enforcePrivilegedPods(cluster: Cluster): Promise<void> {
  registry ??= await startPolicyRegistry(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  await cluster.apply([clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged') })]);
  await enforced(cluster, 'privileged-pods');
}

async function isEnforced(cluster: Cluster): Promise<void> {
  assert.match((await refusal(cluster, pod('bad', { privileged: true }))) ?? '', /Privileged container is not allowed/);
  assert.is(await refusal(cluster, pod('good'), ['--dry-run=server']), undefined);
}

async function comesUp(cluster: Cluster): Promise<void> {
  await rolledOut(cluster, 'kubewarden-controller');
  await cluster.untilEndpoints({ namespace, service: 'kubewarden-controller-webhook-service', ready: 1 });
}

test('the command again, right after it, changes nothing', async (cluster) => {
  await cluster.kubectl(everything);
  const lines = (await cluster.kubectl(everything)).trim().split('\n');
  assert.ok(lines.length > 10);
  assert.equal(lines.filter((line) => !line.endsWith(' unchanged')), []);
});

test('the installation comes up and enforces a policy', async (cluster) => {
  await comesUp(cluster);
  await cluster.until<ApiObject>(serverPath('default'), (server) => server !== undefined);
  await rolledOut(cluster, 'policy-server-default');
  await enforcePrivilegedPods(cluster);
  await isEnforced(cluster);
});

test('a controller that starts anew, with all as it ought to be, writes nothing', async (cluster) => {
  await rolledOut(cluster, 'policy-server-default');
  await cluster.kubectl(['delete', 'pod', '-n', namespace, '-l', 'app.kubernetes.io/component=controller']);
  await comesUp(cluster);
  const metrics = await controllerMetrics(cluster, (seen) => ['policyserver', 'certificates', 'own-webhooks', 'clusteradmissionpolicy'].every((name) => seen.some((line) => line.startsWith(`controller_runtime_reconcile_total{controller="${name}",result="`))));
  assert.equal(metrics.filter((line) => line.startsWith('wasmwarden_cluster_writes_total')), []);
});

test('while the controller is down policies are enforced, and the command brings it back though its certificate is gone', async (cluster) => {
  await stopController(cluster);
  await cluster.client.delete(secretPath('kubewarden-webhook-server-cert'));
  await isEnforced(cluster);
  assert.match((await refusal(cluster, clusterPolicy('early', { module: 'registry://example.test/a:v1' }))) ?? '', /failed calling webhook/);
  await cluster.kubectl(everything);
  await comesUp(cluster);
  await isEnforced(cluster);
  assert.is(await refusal(cluster, clusterPolicy('late', { module: 'registry://example.test/a:v1', policyServer: 'nobody' })), undefined);
  await cluster.until<PolicyObject>(policyPath('late'), (found) => found?.status?.policyStatus === 'unschedulable');
});

test('a lost authority is made anew with the controller, and the policy is enforced at every moment', async (cluster) => {
  await stopController(cluster);
  const lost = await cluster.client.get<ApiObject>(secretPath('kubewarden-ca'));
  for (const name of ['kubewarden-ca', 'kubewarden-webhook-server-cert']) await cluster.client.delete(secretPath(name));
  await cluster.kubectl(everything);
  for (;;) {
    await isEnforced(cluster);
    const made = await cluster.read(secretPath('kubewarden-ca'));
    if (made !== undefined && made.metadata.uid !== lost.metadata.uid) break;
  }
  await comesUp(cluster);
  await isEnforced(cluster);
  assert.is(await refusal(cluster, clusterPolicy('later', { module: 'registry://example.test/a:v1', policyServer: 'nobody' })), undefined);
});

test('the default PolicyServer that somebody deleted is not made again, by a new controller neither', async (cluster) => {
  await cluster.kubectl(['delete', 'ps', 'default', '--timeout=90s']);
  await stopController(cluster);
  await cluster.kubectl(everything);
  await comesUp(cluster);
  await cluster.apply([policyServer('another')]);
  await rolledOut(cluster, 'policy-server-another');
  const { items } = await cluster.client.get<ApiList<ApiObject>>(serverPath(''));
  assert.equal(items.map(({ metadata }) => metadata.name), ['another']);
  await cluster.until<PolicyObject>(policyPath('privileged-pods'), (policy) => policy?.status?.policyStatus === 'unschedulable');
});

test('uninstalled as the manifests say, nothing is left', async (cluster) => {
  await cluster.kubectl(['delete', '--all', '--all-namespaces', 'clusteradmissionpolicies,admissionpolicies', '--timeout=90s']);
  await cluster.kubectl(['delete', '--all', 'policyservers', '--timeout=90s']);
  await cluster.kubectl(['delete', '-k', 'deploy/', '--timeout=120s']);
  for (const kind of ['validating', 'mutating']) await cluster.until<ApiList<ApiObject>>(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations`, (list) => list?.items.length === 0);
  const left = await cluster.kubectl(['get', 'crds,namespaces,clusterroles,clusterrolebindings', '-o', 'name']);
  assert.equal(left.split('\n').filter((name) => name.includes('kubewarden')), []);
});

test('an installation that ended halfway is completed by the same command', async (cluster) => {
  await cluster.kubectl(everything);
  await cluster.until<ApiObject>(secretPath('kubewarden-ca'), (found) => found !== undefined);
  await stopController(cluster);
  await cluster.kubectl(everything);
  await comesUp(cluster);
  await cluster.until<ApiObject>(serverPath('default'), (server) => server !== undefined);
  await rolledOut(cluster, 'policy-server-default');
  await enforcePrivilegedPods(cluster);
  await isEnforced(cluster);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
