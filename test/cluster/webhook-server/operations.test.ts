// What happens to a policy-server in a cluster over time: a wrong policy, a rolling update, a new certificate.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import * as assert from 'uvu/assert';

import { servingCertificate, type ServingCertificate } from '../acceptance/webhook-objects.js';
import type { ApiList, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { policyRegistration, policyServerImage, policyServerObjects, type PolicyServerObjects } from './policy-server-objects.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const NAMESPACE = 'kubewarden';
const GUARDED = 'guarded';
const SERVER = 'policy-server-default';
const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${SERVER}`;

const { test, run } = await clusterSuite('cluster/webhook-server/operations', {
  images: {
    [policyServerImage]: {
      entrypoint: [process.execPath, '--conditions=@wasmwarden/source', '/app/build/integrations/webhook-server/src/main.js'],
      contents: { '/app': REPOSITORY },
    },
  },
});

const module = (name: string): string => `file:///app/build/fixtures/policies/${name}.wasm`;
const policies = { 'pod-privileged': { module: module('pod-privileged') } };

const server = (pem: ServingCertificate): PolicyServerObjects => ({ name: SERVER, namespace: NAMESPACE, pem, policies });

/** Registers the policy with the authorities that its certificates may come from. */
const registration = (pem: ServingCertificate): object =>
  policyRegistration({ kind: 'ValidatingWebhookConfiguration', policyId: 'pod-privileged', server: { ...server(pem), pem }, guarded: GUARDED, rule: { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] } });

/** What the API server says to a privileged Pod; nothing is stored either way. */
async function verdict(cluster: Cluster): Promise<string> {
  const containers = [{ name: 'main', image: 'example.test/none:v1', securityContext: { privileged: true } }];
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'privileged', namespace: GUARDED }, spec: { containers } };
  return cluster.client.create(`/api/v1/namespaces/${GUARDED}/pods?dryRun=All`, pod).then(() => 'admitted', String);
}

const denied = /denied the request: Privileged container is not allowed/;

/** Asks without a pause until something is done; every answer must be the policy's. Tells how often it asked. */
async function askUntil(cluster: Cluster, done: Promise<unknown>): Promise<number> {
  let isDone = false;
  const settled = done.finally(() => (isDone = true));
  let asked = 0;
  for (; !isDone; asked += 1) assert.match(await verdict(cluster), denied);
  await settled;
  return asked;
}

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number; readonly updatedReplicas?: number; readonly availableReplicas?: number };
}

async function rolledOut(cluster: Cluster): Promise<void> {
  await cluster.until<Deployment>(DEPLOYMENT, (deployment) => {
    const status = deployment?.status;
    return status?.observedGeneration === deployment?.metadata.generation && status?.updatedReplicas === 1 && status.availableReplicas === 1 && status.replicas === 1;
  });
}

let pem: ServingCertificate;

test('the server is there and its policy is asked', async (cluster) => {
  pem = await servingCertificate(SERVER, NAMESPACE);
  await cluster.apply([NAMESPACE, GUARDED].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  await cluster.until(`/api/v1/namespaces/${GUARDED}/serviceaccounts/default`, (account) => account !== undefined);
  await cluster.apply(policyServerObjects(server(pem)));
  await cluster.untilEndpoints({ namespace: NAMESPACE, service: SERVER, ready: 1 });
  await cluster.apply([registration(pem)]);
  while (!denied.test(await verdict(cluster)));
});

test('a rolling update replaces the only Pod without an admission that fails', async (cluster) => {
  const podName = async (): Promise<string | undefined> => {
    const { items } = await cluster.client.get<ApiList<Pod>>(`/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${SERVER}`);
    return items.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name;
  };
  const before = await podName();
  await cluster.client.patch(DEPLOYMENT, 'merge-patch+json', { spec: { template: { metadata: { annotations: { version: 'two' } } } } });
  const asked = await askUntil(
    cluster,
    rolledOut(cluster).then(() => cluster.until<ApiList<Pod>>(`/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${SERVER}`, (list) => list?.items.length === 1)),
  );
  assert.ok(asked > 10, `asked ${asked} times`);
  assert.is.not(await podName(), before);
});

test('a new certificate from a new authority is served from the changed Secret without an admission that fails', async (cluster) => {
  const next = await servingCertificate(SERVER, NAMESPACE);
  // As an operator does: first trust both authorities, then change the certificate, then forget the old one.
  await cluster.apply([registration({ ...next, authority: `${pem.authority}\n${next.authority}` })]);
  await cluster.apply([{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: `${SERVER}-tls`, namespace: NAMESPACE }, stringData: { 'tls.crt': next.certificate, 'tls.key': next.key } }]);
  const reloaded = async (): Promise<void> => {
    const { items } = await cluster.client.get<ApiList<Pod>>(`/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${SERVER}`);
    const name = items[0]?.metadata.name ?? '';
    while (!(await cluster.logs({ namespace: NAMESPACE, pod: name, container: 'policy-server' })).includes('Reloading Server TLS certificates'));
  };
  await askUntil(cluster, reloaded());
  await cluster.apply([registration(next)]);
  for (let count = 0; count < 20; count += 1) assert.match(await verdict(cluster), denied);
});

test('wrong settings keep a Pod from becoming ready, and Kubernetes tells why', async (cluster) => {
  const wrong = { name: 'policy-server-wrong', namespace: NAMESPACE, pem, policies: { 'good': policies['pod-privileged'], 'bad-label': { module: module('add-label'), settings: { label: '', value: 'x' } } } };
  await cluster.apply(policyServerObjects(wrong));
  interface SeenPod extends Pod {
    readonly status?: NonNullable<Pod['status']> & { readonly containerStatuses?: readonly { readonly ready: boolean; readonly restartCount: number; readonly lastState: { readonly terminated?: { readonly exitCode: number; readonly message: string } } }[] };
  }
  const list = await cluster.until<ApiList<SeenPod>>(`/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3Dpolicy-server-wrong`, (found) => (found?.items[0]?.status?.containerStatuses?.[0]?.restartCount ?? 0) >= 2);
  const status = list.items[0]?.status?.containerStatuses?.[0];
  assert.equal([status?.ready, status?.lastState.terminated?.exitCode], [false, 1]);
  const told = JSON.parse(status?.lastState.terminated?.message ?? '{}') as unknown;
  assert.equal(told, { policies: [{ policyId: 'bad-label', message: "Policy settings are invalid: 'label' must not be empty" }] });
});

test('the objects of the guide work as they are printed, but for names of this cluster', async (cluster) => {
  const [, manifest = ''] = /## In a cluster, by hand[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/policy-server.md', 'utf8')) ?? [];
  const guide = await servingCertificate('policy-server', NAMESPACE);
  const text = manifest
    .replace('${CA_BUNDLE}', Buffer.from(guide.authority).toString('base64'))
    .replace('registry.example/policy-server:v1', policyServerImage)
    .replace('registry://registry.example/policies/pod-privileged:v1', module('pod-privileged'));
  await cluster.client.delete(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${SERVER}-pod-privileged`);
  await cluster.apply([{ apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/tls', metadata: { name: 'policy-server-tls', namespace: NAMESPACE }, stringData: { 'tls.crt': guide.certificate, 'tls.key': guide.key } }]);
  const [webhook = '', ...objects] = text.split('---\n').reverse();
  await cluster.apply(objects.join('---\n'));
  await cluster.untilEndpoints({ namespace: NAMESPACE, service: 'policy-server', ready: 2 });
  await cluster.apply(webhook);
  const said = async (): Promise<string> => verdict(cluster);
  while (!(await said()).includes('pod-privileged.example.com'));
  assert.match(await said(), denied);
});

run();
