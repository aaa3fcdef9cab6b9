// The acceptance of the test cluster: a real API server calls a webhook that a real Deployment brought up.

import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { ApiList, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { messageConfig, registration, servingCertificate, webhookObjects } from './webhook-objects.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const NAMESPACE = 'hooks';
const GUARDED = 'guarded';

const { test, run } = await clusterSuite('cluster/acceptance/control-plane', {
  images: {
    'example.test/webhook:v1': { entrypoint: [process.execPath, '/app/build/test/cluster/acceptance/webhook-program.js'], contents: { '/app': REPOSITORY } },
    'example.test/shell:v1': { entrypoint: ['sh', '-c'] },
  },
});

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly observedGeneration?: number; readonly replicas?: number; readonly updatedReplicas?: number; readonly availableReplicas?: number };
}

const DEPLOYMENT = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/webhook`;

/** Waits until a Deployment's two Pods are available, all of its newest template, and no other is left. */
async function rolledOut(cluster: Cluster): Promise<void> {
  await cluster.until<Deployment>(DEPLOYMENT, (deployment) => {
    const status = deployment?.status;
    return status?.observedGeneration === deployment?.metadata.generation && status?.updatedReplicas === 2 && status.availableReplicas === 2 && status.replicas === 2;
  });
}

async function podNames(cluster: Cluster, namespace: string): Promise<string[]> {
  const { items } = await cluster.client.get<ApiList<Pod>>(`/api/v1/namespaces/${namespace}/pods`);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ metadata }) => metadata.name);
}

function labelledPod(name: string, verdict: string): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: GUARDED, labels: { verdict } },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'example.test/shell:v1', args: ['sleep 600'] }] },
  };
}

/** The message of a refused creation; fails when it is not refused. */
async function refusal(cluster: Cluster, name: string): Promise<string> {
  const refused = await cluster.client.create(`/api/v1/namespaces/${GUARDED}/pods`, labelledPod(name, 'deny')).then(
    () => undefined,
    (error: unknown) => String(error),
  );
  if (refused === undefined) throw new Error(`Pod ${name} was admitted`);
  return refused;
}

test('starts every program, and one Node is ready', async (cluster) => {
  const { gitVersion } = await cluster.client.get<{ gitVersion: string }>('/version');
  process.stdout.write(`\nKubernetes ${gitVersion}, ${cluster.origin}; started in ms: ${JSON.stringify(cluster.startedMs)}\n`);
  await cluster.until<{ status: { conditions: { type: string; status: string }[] } }>('/api/v1/nodes/node-1', (node) => node?.status.conditions.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false);
  assert.match(await cluster.kubectl(['version']), new RegExp(`Server Version: ${gitVersion.replaceAll('.', String.raw`\.`)}`));
});

test('schedules a CronJob, whose first run is awaited last', async (cluster) => {
  await cluster.apply([
    {
      apiVersion: 'batch/v1',
      kind: 'CronJob',
      metadata: { name: 'every-minute', namespace: 'default' },
      spec: {
        schedule: '* * * * *',
        jobTemplate: { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'main', image: 'example.test/shell:v1', args: ['echo fired'] }] } } } },
      },
    },
  ]);
});

test('brings a Deployment of an HTTPS server to readiness through its probe', async (cluster) => {
  const pem = await servingCertificate('webhook', NAMESPACE);
  await cluster.apply([...webhookObjects(NAMESPACE, pem, 'not with this label'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: GUARDED } }]);
  await rolledOut(cluster);
  await cluster.untilEndpoints({ namespace: NAMESPACE, service: 'webhook', ready: 2 });
  await cluster.apply([registration(NAMESPACE, GUARDED, pem.authority)]);
  assert.is((await podNames(cluster, NAMESPACE)).length, 2);
});

test('has the API server call the webhook by Service reference: one Pod denied, one admitted', async (cluster) => {
  await cluster.until(`/api/v1/namespaces/${GUARDED}/serviceaccounts/default`, (account) => account !== undefined);
  assert.match(await refusal(cluster, 'denied'), 'admission webhook "webhook.example.test" denied the request: not with this label');
  await cluster.client.create(`/api/v1/namespaces/${GUARDED}/pods`, labelledPod('admitted', 'allow'));
  await cluster.until<Pod>(`/api/v1/namespaces/${GUARDED}/pods/admitted`, (pod) => pod?.status?.phase === 'Running');
  assert.is(await cluster.read(`/api/v1/namespaces/${GUARDED}/pods/denied`), undefined);
  process.stdout.write(`\n$ kubectl get pods -A -o wide\n${await cluster.kubectl(['get', 'pods', '-A', '-o', 'wide'])}`);
});

test('carries a changed ConfigMap into running Pods', async (cluster) => {
  await cluster.apply([messageConfig(NAMESPACE, 'a newer message')]);
  const deadline = Date.now() + 20_000;
  let last = '';
  for (let attempt = 0; Date.now() < deadline && !last.includes('a newer message'); attempt += 1) last = await refusal(cluster, `denied-${attempt}`);
  assert.match(last, 'denied the request: a newer message');
});

test('replaces Pods in a rolling update while the webhook keeps answering', async (cluster) => {
  const before = await podNames(cluster, NAMESPACE);
  await cluster.client.patch(DEPLOYMENT, 'merge-patch+json', { spec: { template: { metadata: { annotations: { version: 'two' } } } } });
  const rolled = rolledOut(cluster);
  let done = false;
  void rolled.finally(() => (done = true)).catch(() => undefined);
  for (let attempt = 0; !done; attempt += 1) {
    assert.match(await refusal(cluster, `denied-in-update-${attempt}`), 'a newer message');
    await delay(100);
  }
  await rolled;
  const after = await podNames(cluster, NAMESPACE);
  assert.is(after.length, 2);
  assert.is(after.filter((name) => before.includes(name)).length, 0);
});

test('collects the Pods and ReplicaSets of a deleted Deployment', async (cluster) => {
  await cluster.client.delete('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/webhook.example.test');
  await cluster.client.delete(DEPLOYMENT, { propagationPolicy: 'Background' });
  for (const path of [`/apis/apps/v1/namespaces/${NAMESPACE}/replicasets`, `/api/v1/namespaces/${NAMESPACE}/pods`]) await cluster.until<ApiList<Pod>>(path, (list) => list?.items.length === 0);
});

test('fires the CronJob and records its success', async (cluster) => {
  const jobs = await cluster.until<ApiList<Pod & { status: { succeeded?: number } }>>('/apis/batch/v1/namespaces/default/jobs', (list) => list?.items.some(({ status }) => status.succeeded === 1) ?? false, 100_000);
  const job = jobs.items.find(({ status }) => status.succeeded === 1)?.metadata.name ?? '';
  const { items } = await cluster.client.get<ApiList<Pod>>(`/api/v1/namespaces/default/pods?labelSelector=job-name%3D${job}`);
  assert.is(await cluster.logs({ namespace: 'default', pod: items[0]?.metadata.name ?? '', container: 'main' }), 'fired\n');
  for (const { name, residentMiB, cpuSeconds } of await cluster.usage()) process.stdout.write(`\n${name}: ${residentMiB} MiB, ${cpuSeconds} s of CPU`);
});

run();
