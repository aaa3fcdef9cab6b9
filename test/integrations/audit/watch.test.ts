// The scanner that stays, as a program against a simulated cluster: what it looks at anew, and which reports it leaves alone.
import { setTimeout as delay } from 'node:timers/promises';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { clusterWith, pod, policy, reported, startPolicyServer, startScanner } from './scan-bench.js';
import type { SimulatedCluster, StoredObject } from './simulated-cluster.js';

const watch = suite('integrations/audit/watch');

/** What the scanner is held to, in milliseconds. */
const promiseMs = 10_000;

const server = await startPolicyServer();

const aboutWidgets = policy('widgets', [], { rules: [{ apiGroups: ['example.com'], apiVersions: ['*'], resources: ['widgets'], operations: ['*'] }] });
const widget = (name: string): StoredObject => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name, namespace: 'a' } });

/** Waits until exactly these have reports, and fails when it takes longer than was promised. */
async function soon(cluster: SimulatedCluster, expected: readonly string[]): Promise<void> {
  const endMs = Date.now() + promiseMs;
  while (JSON.stringify(reported(cluster)) !== JSON.stringify(expected) && Date.now() < endMs) await delay(50);
  assert.equal(reported(cluster), expected);
}

/** Waits until the objects of a policy are followed and nothing is under way: another look needs a reason. */
async function followed(cluster: SimulatedCluster, path: string): Promise<void> {
  while (!cluster.requests.some((request) => request.path === path && request.query.has('watch'))) await delay(20);
  for (let seen = -1; seen !== cluster.requests.length; ) {
    seen = cluster.requests.length;
    await delay(1_000);
  }
}

/** Watches a cluster while something is done with it, and gives the lines of the log. */
async function watching(cluster: SimulatedCluster, act: () => Promise<void>): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { child, ended } = await startScanner(cluster, [...server.words, '--watch']);
  try {
    await act();
  } finally {
    child.kill('SIGTERM');
  }
  const { code, stderr, lines } = await ended;
  assert.equal([code, stderr], [0, '']);
  return lines;
}

watch('objects and policies that come and go are followed', async () => {
  await using cluster = clusterWith(['a', 'kubewarden'], [policy('pods')]);
  await watching(cluster, async () => {
    await soon(cluster, ['of-a']);
    cluster.put(pod('new', 'a'));
    cluster.put(pod('not-looked-at', 'kubewarden'));
    await soon(cluster, ['new', 'of-a']);
    cluster.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'b' } });
    cluster.put(pod('of-b', 'b'));
    await soon(cluster, ['new', 'of-a', 'of-b']);
    cluster.remove('Pod', 'new');
    await soon(cluster, ['of-a', 'of-b']);
    cluster.remove('ClusterAdmissionPolicy', 'pods');
    await soon(cluster, []);
  });
});

watch('objects of a kind that is served from now on are looked at', async () => {
  await using cluster = clusterWith(['a'], [policy('pods'), aboutWidgets], ['example.com/v1']);
  await watching(cluster, async () => {
    await followed(cluster, '/api/v1/pods');
    cluster.put(widget('one'));
    cluster.serve('example.com/v1', true);
    await soon(cluster, ['of-a', 'one']);
  });
});

watch('reports on a kind that is not served for a while stay', async () => {
  await using cluster = clusterWith(['a'], [policy('pods'), aboutWidgets]);
  cluster.put(widget('one'));
  await watching(cluster, async () => {
    await followed(cluster, '/apis/example.com/v1/widgets');
    cluster.serve('example.com/v1', false);
    cluster.put(policy('configmaps', ['configmaps']));
    cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new', namespace: 'a' } });
    await soon(cluster, ['new', 'of-a', 'one']);
    cluster.serve('example.com/v1', true);
    cluster.put(widget('two'));
    await soon(cluster, ['new', 'of-a', 'one', 'two']);
    assert.equal(cluster.requests.filter(({ method }) => method === 'DELETE'), []);
  });
});

watch('a change that could not be looked at while the API server was away is looked at when it is back', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  const lines = await watching(cluster, async () => {
    await followed(cluster, '/api/v1/pods');
    const path = '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies';
    let refused = 0;
    cluster.fails = (request) => {
      if (request.path !== path) return undefined;
      refused += 1;
      return 503;
    };
    cluster.put({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late', namespace: 'a' } });
    cluster.put(policy('configmaps', ['configmaps']));
    while (refused < 6) await delay(50);
    await delay(500);
    cluster.fails = () => undefined;
    await soon(cluster, ['late', 'of-a']);
  });
  assert.ok(lines.some(({ message }) => message === 'cannot look at policies; going on with what is known'));
});

watch.after(() => server.close());

watch.run();
