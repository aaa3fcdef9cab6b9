// A tenant whose policy never ends, on a PolicyServer that may use one processor: what the tenants of another notice of it. The times are printed and not asserted,
// since the machine of a test has few processors and many other programs on them.

import * as assert from 'uvu/assert';

import { ApiError } from '../api/client.js';
import type { ApiObject } from '../api/objects.js';
import { clusterSuite } from '../cluster-suite.js';
import type { Cluster } from '../cluster.js';
import { enforced, eventually, images, install, namespace, namespacedPolicy, podsOf, pod, policyServer, pullSecretObject, rolledOut, sources, startPolicyRegistry, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/isolation', { images });

let registry: PolicyRegistry | undefined;
const modules = (): PolicyRegistry => {
  if (registry === undefined) throw new Error('the registry has not been started');
  return registry;
};

/** Phases without and with the flood, which take turns, and admissions that are timed in each. */
const rounds = 5;
const samples = 600;
/** Endless admissions that are under way at any moment. */
const flood = 6;

interface Judged {
  readonly denied: boolean;
  readonly tookMs: number;
}

/** Asks for a Pod that is admitted or denied, and is not created in either case. */
async function ask(cluster: Cluster, home: string, privileged: boolean): Promise<Judged> {
  const begun = performance.now();
  try {
    await cluster.client.create(`/api/v1/namespaces/${home}/pods?dryRun=All`, pod('asked', { privileged, home }));
    return { denied: false, tookMs: performance.now() - begun };
  } catch (error) {
    if (!(error instanceof ApiError) || !error.message.includes('Privileged container is not allowed')) throw error;
    return { denied: true, tookMs: performance.now() - begun };
  }
}

/** Times admissions of the quiet tenant one after the other; each must be judged as it always is. Gives the 99th percentile. */
async function quietP99(cluster: Cluster): Promise<number> {
  const times: number[] = [];
  for (let index = 0; index < samples; index += 1) {
    const privileged = index % 2 === 0;
    const { denied, tookMs } = await ask(cluster, 'quiet', privileged);
    assert.is(denied, privileged);
    times.push(tookMs);
  }
  return times.sort((a, b) => a - b)[Math.floor(samples * 0.99)] ?? 0;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

/** What must not change of a server that others have nothing to do with. */
async function stateOf(cluster: Cluster, server: string): Promise<unknown> {
  const { metadata } = await cluster.client.get<ApiObject & { readonly metadata: { readonly generation: number } }>(`/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-${server}`);
  const pods = await podsOf(cluster, server);
  return { generation: metadata.generation, pods: pods.map((one) => [one.metadata.uid, JSON.stringify(restartsOf(one))]) };
}

function restartsOf(one: ApiObject): unknown {
  const { status } = one as ApiObject & { readonly status: { readonly containerStatuses?: readonly { readonly restartCount: number }[] } };
  return status.containerStatuses?.map(({ restartCount }) => restartCount);
}

test('two tenants have a PolicyServer each, one of them with a policy that never ends', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(modules()), policyServer('noisy', { ...sources(modules()), env: [{ name: 'KUBEWARDEN_WORKERS', value: '1' }] }), policyServer('quiet', sources(modules()))]);
  for (const home of ['noisy', 'quiet']) await cluster.kubectl(['create', 'namespace', home]);
  await rolledOut(cluster, 'policy-server-noisy');
  await rolledOut(cluster, 'policy-server-quiet');
  await cluster.apply([
    namespacedPolicy('noisy', 'endless', { module: modules().moduleOf('adversarial/infinite-loop'), policyServer: 'noisy', failurePolicy: 'Fail', timeoutSeconds: 5 }),
    namespacedPolicy('quiet', 'privileged-pods', { module: modules().moduleOf('pod-privileged'), policyServer: 'quiet' }),
  ]);
  await enforced(cluster, 'endless', 'noisy');
  await enforced(cluster, 'privileged-pods', 'quiet');
});

test('while one server is flooded with a policy that never ends, each request to the other is judged as before, and its Pods stay as they are', async (cluster) => {
  await eventually(async () => (await podsOf(cluster, 'quiet')).length === 1, 'the Pod of the configuration before is gone');
  await quietP99(cluster);
  const before = await stateOf(cluster, 'quiet');
  const [idleMs, floodedMs]: [number[], number[]] = [[], []];
  let refused = 0;
  for (let round = 0; round < rounds; round += 1) {
    idleMs.push(await quietP99(cluster));
    let isFlooding = true;
    const floods = Array.from({ length: flood }, async () => {
      while (isFlooding) {
        const answer = await cluster.client.create('/api/v1/namespaces/noisy/pods?dryRun=All', pod('endless', { home: 'noisy' })).then(() => 'admitted', () => 'refused');
        assert.is(answer, 'refused');
        refused += 1;
      }
    });
    floodedMs.push(await quietP99(cluster));
    isFlooding = false;
    await Promise.all(floods);
  }
  const [idle, flooded] = [median(idleMs), median(floodedMs)];
  console.log(`# p99 of the quiet tenant, median of ${rounds}: ${idle.toFixed(1)} ms idle, ${flooded.toFixed(1)} ms during the flood (${(flooded / idle).toFixed(2)} times); ${refused} endless admissions refused`);
  assert.ok(refused >= rounds * flood);
  assert.equal(await stateOf(cluster, 'quiet'), before);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
