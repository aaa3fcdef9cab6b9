// Installation by one command: done twice, interrupted, repeated after losses, undone and done anew, it always comes to the same.

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, conditionOf, enforced, eventually, images, namespace, pod, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';
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

test('C10: the emergency switch: with the controller stopped and every webhook configuration deleted nothing is judged, and the command brings all of them back', async (cluster) => {
  await stopController(cluster);
  await cluster.kubectl(['delete', 'validatingwebhookconfigurations,mutatingwebhookconfigurations', '-l', 'app.kubernetes.io/part-of=kubewarden']);
  assert.is(await refusal(cluster, pod('bad', { privileged: true }), ['--dry-run=server']), undefined);
  // Nobody checks what is made meanwhile, and a policy may go with nobody to take its webhook away.
  const finalizers = ['kubewarden.io/finalizer'];
  for (const kind of ['PolicyServer', 'ClusterAdmissionPolicy']) assert.is(await refusal(cluster, { apiVersion: 'policies.kubewarden.io/v1', kind, metadata: { name: 'unspecified', finalizers } }), undefined);
  const rules = [{ operations: ['CREATE'], apiGroups: ['example.test'], apiVersions: ['v1'], resources: ['gadgets'] }];
  const clientConfig = { service: { namespace, name: 'policy-server-default', path: '/validate/clusterwide-forgotten' } };
  const metadata = { name: 'clusterwide-forgotten', labels: { 'app.kubernetes.io/part-of': 'kubewarden' }, annotations: { kubewardenPolicyName: 'forgotten', kubewardenPolicyNamespace: '' } };
  await cluster.apply([{ apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata, webhooks: [{ name: 'clusterwide-forgotten.kubewarden.admission', clientConfig, rules, sideEffects: 'None', admissionReviewVersions: ['v1'] }] }]);
  await cluster.kubectl(everything);
  await comesUp(cluster);
  const configurations = async (): Promise<readonly string[]> => (await cluster.kubectl(['get', 'validatingwebhookconfigurations,mutatingwebhookconfigurations', '-o', 'name'])).trim().split('\n').map((name) => name.replace(/^.*\//, ''));
  const wanted = ['clusterwide-privileged-pods', 'kubewarden-controller-mutating-webhook-configuration', 'kubewarden-controller-validating-webhook-configuration'];
  await eventually(async () => [...(await configurations())].sort().join() === wanted.join(), 'the configurations are those of the policies and our own');
  await isEnforced(cluster);
});

test('C5: what was made without a spec while nobody checked is told what is wrong with it, and can be deleted', async (cluster) => {
  await cluster.until<PolicyObject>(policyPath('unspecified'), (found) => conditionOf(found, 'PolicyActive')?.reason === 'PolicyInvalid');
  for (const kind of ['clusteradmissionpolicy', 'policyserver']) await cluster.kubectl(['delete', kind, 'unspecified', '--timeout=60s']);
  await isEnforced(cluster);
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
