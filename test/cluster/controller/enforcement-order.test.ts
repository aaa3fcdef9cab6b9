// The API server is told of a policy only when every Pod of its PolicyServer serves it, however long that takes and whoever leads.
//
// Resource versions order all writes to a cluster: the first one with which a Pod was ready and the first one of the webhook
// configuration tell which came first, whenever the test looks.

import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';

import type { ApiObject } from '../api/objects.js';
import { watchCollection } from '../api/watch.js';
import { clusterSuite } from '../cluster-suite.js';
import type { Cluster } from '../cluster.js';
import { clusterPolicy, enforced, images, install, namespace, pod, podsOf, policyPath, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';

/** A Pod's container starts its program when a file named after the Pod appears here. */
const gates = mkdtempSync(join(tmpdir(), 'wasmwarden-gates-'));
const image = images['ghcr.io/wasmwarden/policy-server:latest'];
if (image === undefined) throw new Error('there is no image of the policy-server');
const gated = { entrypoint: ['/bin/sh', '-c', 'while [ ! -e "/gates/$HOSTNAME" ]; do sleep 0.1; done; exec "$@"', 'sh', ...image.entrypoint], contents: { ...image.contents, '/gates': gates } };

const { test, after, run } = await clusterSuite('cluster/controller/enforcement-order', { images: { ...images, 'gated/policy-server:latest': gated } });

let registry: PolicyRegistry | undefined;
const watching = new AbortController();

interface WatchedPod extends ApiObject {
  readonly status: { readonly conditions?: readonly { readonly type: string; readonly status: string }[]; readonly containerStatuses?: readonly { readonly started?: boolean; readonly state?: { readonly running?: object } }[] };
}

/** The resource version with which each Pod of the server was ready first, and that of the first webhook configuration. */
const readyAt = new Map<string, bigint>();
let configuredAt: bigint | undefined;

const isReady = ({ status }: WatchedPod): boolean => status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
const isRunning = ({ status }: WatchedPod): boolean => status.containerStatuses?.every(({ state }) => state?.running !== undefined) === true;

function follow(cluster: Cluster): void {
  const { client } = cluster;
  const { signal } = watching;
  void watchCollection<WatchedPod>({
    client,
    signal,
    path: `/api/v1/namespaces/${namespace}/pods`,
    query: 'labelSelector=kubewarden%2Fpolicy-server%3Dslow',
    onChange: ({ kind, object: { metadata, ...rest } }) => {
      if (kind === 'present' && isReady({ metadata, ...rest }) && !readyAt.has(metadata.name)) readyAt.set(metadata.name, BigInt(metadata.resourceVersion));
    },
  });
  void watchCollection<ApiObject>({
    client,
    signal,
    path: '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations',
    onChange: ({ kind, object: { metadata } }) => {
      if (kind === 'present' && metadata.name === 'clusterwide-privileged-pods') configuredAt ??= BigInt(metadata.resourceVersion);
    },
  });
}

const open = (name: string): void => closeSync(openSync(join(gates, name), 'w'));
const configuration = (cluster: Cluster): Promise<ApiObject | undefined> => cluster.read('/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/clusterwide-privileged-pods');
const lease = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/a4ddbf36.kubewarden.io`;
interface Lease extends ApiObject {
  readonly spec: { readonly holderIdentity?: string };
}

test('a policy waits while no Pod of its PolicyServer has started to serve', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  follow(cluster);
  await cluster.kubectl(['scale', 'deployment/kubewarden-controller', '-n', namespace, '--replicas=2']);
  await rolledOut(cluster, 'kubewarden-controller');
  await cluster.apply([
    pullSecretObject(registry),
    policyServer('slow', { image: 'gated/policy-server:latest', replicas: 2, ...sources(registry) }),
    clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged'), policyServer: 'slow' }),
  ]);
  await cluster.until<{ readonly items: readonly WatchedPod[] }>(`/api/v1/namespaces/${namespace}/pods?labelSelector=kubewarden%2Fpolicy-server%3Dslow`, (list) => (list?.items ?? []).filter(isRunning).length >= 2);
  const policy = await cluster.until<PolicyObject>(policyPath('privileged-pods'), (found) => found?.status?.policyStatus === 'pending');
  assert.is(policy.status?.policyStatus, 'pending');
  assert.is(await configuration(cluster), undefined);
  assert.is(await refusal(cluster, pod('before', { privileged: true })), undefined);
});

test('it still waits after the leader is gone and another controller leads', async (cluster) => {
  const { spec } = await cluster.client.get<Lease>(lease);
  const leader = spec.holderIdentity?.split('_')[0] ?? '';
  await cluster.kubectl(['delete', 'pod', leader, '-n', namespace, '--grace-period=0', '--force']);
  await cluster.until<Lease>(lease, (found) => found?.spec.holderIdentity !== undefined && found.spec.holderIdentity !== '' && !found.spec.holderIdentity.startsWith(leader));
  assert.is(await configuration(cluster), undefined);
});

test('it is enforced once every Pod serves, and not before: one of two is not enough', async (cluster) => {
  const [first, ...others] = await podsOf(cluster, 'slow');
  assert.ok(first !== undefined && others.length > 0);
  open(first.metadata.name);
  await cluster.until<WatchedPod>(`/api/v1/namespaces/${namespace}/pods/${first.metadata.name}`, (found) => found !== undefined && isReady(found));
  assert.is(await configuration(cluster), undefined);
  for (const { metadata } of others) open(metadata.name);
  // A rollout in between replaces Pods: those that come up now find their gates closed.
  const letAllIn = setInterval(() => void podsOf(cluster, 'slow').then((pods) => pods.forEach(({ metadata }) => open(metadata.name)), () => undefined), 500);
  try {
    await enforced(cluster, 'privileged-pods');
  } finally {
    clearInterval(letAllIn);
  }
  assert.match((await refusal(cluster, pod('after', { privileged: true }))) ?? '', /Privileged container is not allowed/);
  const serving = await podsOf(cluster, 'slow');
  assert.ok(configuredAt !== undefined);
  for (const { metadata } of serving) {
    const ready = readyAt.get(metadata.name);
    assert.ok(ready !== undefined && ready < configuredAt, `${metadata.name} was ready at ${ready ?? 'no'} and the configuration was written at ${configuredAt}`);
  }
});

after(async () => {
  watching.abort();
  rmSync(gates, { recursive: true, force: true });
  await registry?.[Symbol.asyncDispose]();
});

run();
