import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { serverConfiguration } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import { desiredServer, rolledOutVersion, serverRelease, type DesiredServer, type Quiet } from '../../../../integrations/k8s-controller/src/desired/policy-server.js';
import { configVersionLabel } from '../../../../integrations/k8s-controller/src/desired/labels.js';
import { subjectOf } from '../../../../integrations/k8s-controller/src/desired/wanted.js';
import type { ConfigHash } from '../../../../integrations/k8s-controller/src/desired/config-hash.js';
import type { ServerWorld } from '../../../../integrations/k8s-controller/src/world/world.js';
import { clusterPolicy, defaults, frozen, hash, namespace, policyServer, running, seen, serverPod } from '../support/objects.js';

const servers = suite('k8s-controller/desired/policy-server');

const server = policyServer();
const policies = [clusterPolicy()];
const configuration = serverConfiguration(server, policies);
const long: Quiet = { sinceChangeMs: 60_000, sinceDifferenceMs: 60_000 };

const versionMap = (version: ConfigHash): ReturnType<typeof seen> => seen('ConfigMap', `policy-server-default-${version}`, { data: { 'policies.yml': '{}' } }, { labels: { [configVersionLabel]: version } });

function world(changes: Partial<ServerWorld> = {}): ServerWorld {
  return frozen({ server, policies, running: running([serverPod('a', hash('0'))], { [hash('0')]: {} }), seen: [], mounted: new Set<string>(), autoscaled: false, webhooks: [], webhooksGoneMs: 1e6, authority: undefined, ...changes });
}

function desired({ given = world(), current, quiet = long, config = configuration }: { readonly given?: ServerWorld; readonly current?: ConfigHash; readonly quiet?: Quiet; readonly config?: typeof configuration } = {}): DesiredServer {
  return desiredServer({ world: given, configuration: config, current, quiet, defaults: defaults() });
}

const objects = ({ parts }: DesiredServer, part: string): readonly string[] => parts.filter((each) => each.part === part).flatMap(({ wanted }) => wanted.map((each) => `${each.kind} ${subjectOf(each).name}`));

servers('a new server gets its version, a readable copy, a Deployment and a Service, in the order in which they are needed', () => {
  const whole = desired();
  assert.equal(whole.parts.map(({ part }) => part), ['configuration', 'disruption-budget', 'deployment', 'service']);
  assert.equal(objects(whole, 'configuration'), [`present policy-server-default-${configuration.hash}`, 'present policy-server-default']);
  assert.equal(objects(whole, 'deployment'), ['present policy-server-default']);
  assert.is(whole.version, configuration.hash);
});

for (const [title, quiet, nextMs] of [
  ['a change waits two seconds for others', { sinceChangeMs: 0, sinceDifferenceMs: 0 }, 2_000],
  ['a further change begins the wait anew', { sinceChangeMs: 500, sinceDifferenceMs: 5_000 }, 1_500],
  ['changes that do not cease wait ten seconds in all', { sinceChangeMs: 0, sinceDifferenceMs: 9_500 }, 500],
] as const) {
  servers(title, () => {
    const waiting = desired({ current: hash('0'), quiet });
    assert.equal([waiting.nextMs, waiting.version], [nextMs, hash('0')]);
    assert.equal(objects(waiting, 'deployment'), ['hold policy-server-default']);
    assert.equal(objects(waiting, 'configuration'), []);
  });
}

servers('after two quiet seconds the change is rolled out', () => {
  const rolling = desired({ current: hash('0'), quiet: { sinceChangeMs: 2_000, sinceDifferenceMs: 2_000 } });
  assert.equal([rolling.version, rolling.nextMs], [configuration.hash, undefined]);
  assert.equal(objects(rolling, 'deployment'), ['present policy-server-default']);
});

servers('changes that do not cease are rolled out after ten seconds', () => assert.is(desired({ current: hash('0'), quiet: { sinceChangeMs: 0, sinceDifferenceMs: 10_000 } }).version, configuration.hash));

servers('what is rolled out already is kept as it ought to be without a wait', () => {
  const same = desired({ current: configuration.hash, quiet: { sinceChangeMs: 0, sinceDifferenceMs: 0 } });
  assert.equal(objects(same, 'deployment'), ['present policy-server-default']);
});

servers('a configuration that is too large: the last good version stays, and the condition names the largest policies', () => {
  const large = [clusterPolicy({ settings: { text: 'x'.repeat(1024 * 1024) } })];
  const config = serverConfiguration(server, large);
  const whole = desired({ given: world({ policies: large }), current: hash('0'), config });
  assert.match(whole.parts.find(({ part }) => part === 'configuration')?.problem ?? '', /the largest policies are clusterwide-privileged \(1025 KiB\)/);
  assert.equal([whole.version, objects(whole, 'configuration'), objects(whole, 'deployment')], [hash('0'), [], ['present policy-server-default']]);
});

servers('a version is kept while a ReplicaSet or Pod mounts it, or the Deployment runs it, and goes afterwards', () => {
  const given = world({ seen: ['1', '2', '3'].map((digit) => versionMap(hash(digit))), mounted: new Set([hash('1')]) });
  const removed = objects(desired({ given, current: hash('2'), quiet: { sinceChangeMs: 0, sinceDifferenceMs: 0 } }), 'configuration');
  assert.equal(removed, [`absent policy-server-default-${hash('3')}`]);
});

servers('the readable copy is no version and never removed', () => {
  const copy = seen('ConfigMap', 'policy-server-default', {}, { annotations: { [configVersionLabel]: hash('9') } });
  assert.not.ok(objects(desired({ given: world({ seen: [copy] }) }), 'configuration').includes('absent policy-server-default'));
});

servers('the version that is rolled out is what the Deployment was told, if that is still stored', () => {
  const told = (version: string): ReturnType<typeof seen> => seen('Deployment', 'policy-server-default', {}, { annotations: { [configVersionLabel]: version } });
  assert.is(rolledOutVersion(world({ seen: [told(hash('0'))] }), namespace), hash('0'));
  assert.is(rolledOutVersion(world({ seen: [told(hash('5'))] }), namespace), undefined);
  // The reference writes a resourceVersion there.
  assert.is(rolledOutVersion(world({ seen: [told('12345')] }), namespace), undefined);
  assert.is(rolledOutVersion(world(), namespace), undefined);
});

for (const [title, webhooksGoneMs, finalizer, nextMs] of [
  ['while webhooks point to it', undefined, 'hold', undefined],
  ['just after the last webhook is gone', 1_000, 'hold', 9_000],
  ['ten seconds after', 10_000, 'absent', undefined],
] as const) {
  servers(`the finalizer of a server that is being deleted, ${title}: ${finalizer}`, () => assert.equal(serverRelease({ webhooksGoneMs }), { finalizer, nextMs }));
}

servers.run();
