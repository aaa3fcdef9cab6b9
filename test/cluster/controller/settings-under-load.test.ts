// Settings are changed while requests come in without a pause: good ones reach all Pods without a gap, wrong ones reach none.

import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { failed, startLoad, unprotected, type Admission, type AdmissionLoad } from './admission-load.js';
import { clusterPolicy, conditionOf, enforced, eventually, images, install, namespace, podsOf, policyPath, pullSecretObject, rolledOut, sources, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/settings-under-load', { images });

const verdict = /denied the request: Privileged container is not allowed/;
const replicas = 2;
/** Admissions that are looked at after each change. */
const sample = 20;

let registry: PolicyRegistry | undefined;
let load: AdmissionLoad | undefined;
const admissions = (): AdmissionLoad => {
  if (load === undefined) throw new Error('nobody asks yet');
  return load;
};

interface ServingPod extends ApiObject {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[]; readonly containerStatuses?: readonly { readonly restartCount: number; readonly state?: { readonly running?: object } }[] };
}
const isReady = ({ metadata, status }: ServingPod): boolean => metadata.deletionTimestamp === undefined && status?.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True') === true;
const readyPods = async (cluster: Cluster): Promise<readonly ServingPod[]> => (await podsOf(cluster, 'default')).filter(isReady);

interface Slice extends ApiObject {
  readonly endpoints?: readonly { readonly conditions?: { readonly ready?: boolean }; readonly targetRef?: { readonly name: string } }[];
}

/** The Pods that the Service leads to. */
async function endpoints(cluster: Cluster): Promise<ReadonlySet<string>> {
  const { items } = await cluster.client.get<ApiList<Slice>>(`/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dpolicy-server-default`);
  return new Set(items.flatMap((slice) => (slice.endpoints ?? []).flatMap(({ conditions, targetRef }) => (conditions?.ready === true && targetRef !== undefined ? [targetRef.name] : []))));
}

/** Gives the policy that labels new settings. */
async function labelWith(cluster: Cluster, value: string, label = 'team'): Promise<void> {
  await cluster.kubectl(['patch', 'cap', 'labelled', '--type=merge', '-p', JSON.stringify({ spec: { settings: { label, value } } })]);
}

/** The labels that good Pods were given. */
const given = (seen: readonly Admission[]): readonly string[] => [...new Set(seen.flatMap(({ answer }) => (answer.kind === 'admitted' ? [answer.labels['team'] ?? 'none'] : [])))];

test('two Pods serve a policy that denies and one that changes, and requests begin', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: { ...sources(registry), replicas } })]);
  await cluster.apply([
    clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged') }),
    clusterPolicy('labelled', { module: registry.moduleOf('add-label'), mutating: true, settings: { label: 'team', value: 'v0' } }),
  ]);
  for (const name of ['privileged-pods', 'labelled']) await enforced(cluster, name);
  await rolledOut(cluster, 'policy-server-default');
  load = startLoad(cluster);
  assert.equal(given(await load.more(sample)), ['v0']);
});

test('settings changed three times: no request is unprotected or fails, and each change counts once the policy says so', async (cluster) => {
  for (const value of ['v1', 'v2', 'v3']) {
    await labelWith(cluster, value);
    await enforced(cluster, 'labelled');
    assert.equal(given(await admissions().more(sample)), [value]);
  }
  await rolledOut(cluster, 'policy-server-default');
  assert.equal(given(admissions().answered), ['v0', 'v1', 'v2', 'v3']);
  assert.equal(unprotected(admissions().answered), []);
  assert.equal(failed(admissions().answered, verdict), []);
});

test('wrong settings: the condition and an Event say why, and the old Pods keep answering', async (cluster) => {
  const before = admissions().answered.length;
  await labelWith(cluster, 'v4', '');
  const policy = await cluster.until<PolicyObject>(policyPath('labelled'), (found) => conditionOf(found, 'PolicyServable')?.status === 'False');
  assert.match(conditionOf(policy, 'PolicyServable')?.message ?? '', /'label' must not be empty/);
  await eventually(async () => {
    const { items } = await cluster.client.get<ApiList<ApiObject & { readonly reason: string; readonly message: string }>>('/api/v1/namespaces/default/events?fieldSelector=involvedObject.name%3Dlabelled');
    return items.some(({ reason, message }) => reason === 'PolicyRejected' && message.includes("'label' must not be empty"));
  }, 'an Event says why');
  const other = await cluster.client.get<PolicyObject>(policyPath('privileged-pods'));
  assert.not.match(JSON.stringify(other.status), /must not be empty/);
  assert.equal(given(await admissions().more(sample)), ['v3']);
  assert.equal(failed(admissions().answered.slice(before), verdict), []);
  assert.is((await readyPods(cluster)).length, replicas);
});

test('an old Pod that is deleted meanwhile answers until nobody is led to it; its replacement serves the last good settings, and no request fails', async (cluster) => {
  const before = admissions().answered.length;
  const old = await readyPods(cluster);
  const [victim] = old;
  assert.ok(victim);
  await cluster.client.delete(`/api/v1/namespaces/${namespace}/pods/${victim.metadata.name}`);
  await eventually(async () => !(await endpoints(cluster)).has(victim.metadata.name), 'no new request is led to the Pod that goes');
  const leaving = await cluster.client.get<ServingPod>(`/api/v1/namespaces/${namespace}/pods/${victim.metadata.name}`);
  assert.ok(leaving.status?.containerStatuses?.[0]?.state?.running, 'it still answers who has not heard of that');
  await eventually(async () => (await readyPods(cluster)).filter(({ metadata }) => metadata.name !== victim.metadata.name).length === replicas, 'there is a replacement');
  const versions = new Set((await readyPods(cluster)).map(({ metadata }) => metadata.labels?.['kubewarden/config-version']));
  assert.equal([...versions], [victim.metadata.labels?.['kubewarden/config-version']]);
  assert.equal(given(await admissions().more(sample)), ['v3']);
  assert.equal(failed(admissions().answered.slice(before), verdict), []);
});

test('an old Pod whose container is killed comes back with the last good settings', async (cluster) => {
  const [victim] = await readyPods(cluster);
  assert.ok(victim);
  const restarts = victim.status?.containerStatuses?.[0]?.restartCount ?? 0;
  await cluster.killContainer({ namespace, pod: victim.metadata.name, container: 'policy-server-default' });
  await cluster.until<ServingPod>(`/api/v1/namespaces/${namespace}/pods/${victim.metadata.name}`, (found) => found !== undefined && isReady(found) && (found.status?.containerStatuses?.[0]?.restartCount ?? 0) > restarts);
  await cluster.untilEndpoints({ namespace, service: 'policy-server-default', ready: replicas });
  assert.equal(given(await admissions().more(sample)), ['v3']);
});

test('settings mended: they are served, and nobody was unprotected at any time', async (cluster) => {
  await labelWith(cluster, 'v5');
  await enforced(cluster, 'labelled');
  assert.equal(given(await admissions().more(sample)), ['v5']);
  await cluster.until<PolicyObject>(policyPath('labelled'), (found) => conditionOf(found, 'PolicyServable')?.status === 'True');
  await rolledOut(cluster, 'policy-server-default');
  const all = await admissions().stop();
  process.stdout.write(`${all.length} admissions, of which ${failed(all, verdict).length} failed while a container was killed\n`);
  assert.equal(unprotected(all), []);
  assert.equal(given(all), ['v0', 'v1', 'v2', 'v3', 'v5']);
});

after(async () => {
  await load?.stop();
  await registry?.[Symbol.asyncDispose]();
});

run();
