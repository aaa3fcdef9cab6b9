import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Policy } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { desiredPolicy, webhookGraceMs } from '../../../../integrations/k8s-controller/src/desired/policy.js';
import { policyIdOf } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { webhookConfiguration, webhookKindOf, type WebhookKind } from '../../../../integrations/k8s-controller/src/desired/webhook.js';
import type { Authority, PolicyWorld, Running, SeenWebhook } from '../../../../integrations/k8s-controller/src/world/world.js';
import { clusterPolicy, entryText, frozen, hash, namespace, namespacedPolicy, policyServer, running, serverPod, serving } from '../support/objects.js';

const policies = suite('k8s-controller/desired/policy');

const authority: Authority = { certificate: 'NEW\n', key: 'KEY', previous: undefined };
const server = policyServer();
const policy = clusterPolicy();
const id = policyIdOf(policy);

function webhook(of: Policy, kind: WebhookKind = webhookKindOf(of)): SeenWebhook {
  const manifest = webhookConfiguration(of, { namespace, authorities: 'NEW\n' });
  return frozen({ kind, object: { ...manifest, kind, metadata: { ...manifest.metadata, uid: 'w', resourceVersion: '1' } } });
}

function world(changes: Partial<PolicyWorld> = {}, run: Running = serving(server, [changes.policy ?? policy])): PolicyWorld {
  return frozen({ policy, server: { kind: 'found', server, running: run, told: undefined }, sameId: undefined, webhooks: [], webhooksGoneMs: 1e6, authority, ...changes });
}

const wanted = (given: PolicyWorld): readonly string[] => desiredPolicy(given, namespace).webhooks.map((each) => `${each.kind} ${each.kind === 'present' ? each.object.kind : each.reference.kind}`);
const validating = 'ValidatingWebhookConfiguration';
const mutating = 'MutatingWebhookConfiguration';

policies('a policy that every Pod serves is registered', () => assert.equal(wanted(world()), [`present ${validating}`, `hold ${mutating}`]));

const entry = { [id]: entryText(server, policy) };
for (const [title, run] of [
  ['no Pod is ready', running([serverPod('a', hash('1'), { ready: false })], { [hash('1')]: entry })],
  ['there is no Pod', running([], { [hash('1')]: entry })],
  ['a ready Pod still serves the version before', running([serverPod('a', hash('1')), serverPod('b', hash('0'))], { [hash('1')]: entry, [hash('0')]: {} })],
  ['a Pod that will serve it is still starting', running([serverPod('a', hash('1')), serverPod('b', hash('1'), { ready: false })], { [hash('1')]: entry })],
  ['requests still reach a Pod that is going', running([serverPod('a', hash('1')), serverPod('b', hash('0'), { terminating: true })], { [hash('1')]: entry, [hash('0')]: {} }, ['a', 'b'])],
  ['no request would reach the ready Pod', running([serverPod('a', hash('1'))], { [hash('1')]: entry }, [])],
  ['Pods serve the policy with other settings', running([serverPod('a', hash('1'))], { [hash('1')]: { [id]: entryText(server, clusterPolicy({ settings: { a: 1 } })) } })],
  ['the version of a Pod is not stored any more', running([serverPod('a', hash('2'))], { [hash('1')]: entry })],
] as const) {
  policies(`a new policy is not registered while ${title}`, () => assert.equal(wanted(world({}, run)), [`hold ${validating}`, `hold ${mutating}`]));
}

policies('C13: Pods that are going and get no requests do not keep a policy from being registered', () => {
  const run = running([serverPod('a', hash('1')), serverPod('b', hash('0'), { terminating: true, ready: false })], { [hash('1')]: entry, [hash('0')]: {} });
  assert.equal(wanted(world({}, run)), [`present ${validating}`, `hold ${mutating}`]);
});

policies('C13: a replica that is not ready does not take an enforced policy back', () => {
  const run = running([serverPod('a', hash('1')), serverPod('b', hash('1'), { ready: false })], { [hash('1')]: entry });
  assert.equal(wanted(world({ webhooks: [webhook(policy)] }, run)), [`present ${validating}`, `absent ${mutating}`]);
});

policies('a webhook that somebody deleted comes back while a rollout fails because of another policy', () => {
  const run = running([serverPod('a', hash('1')), serverPod('b', hash('2'), { ready: false })], { [hash('1')]: entry, [hash('2')]: { ...entry, 'clusterwide-bad': '{}' } });
  const active = clusterPolicy({}, {}, { policyStatus: 'active' });
  assert.equal(wanted(world({ policy: active }, run)), [`present ${validating}`, `hold ${mutating}`]);
});

policies('while a change is rolled out the registered rules stay, with the authorities of today', () => {
  const changed = clusterPolicy({ settings: { a: 1 }, rules: [{ operations: ['DELETE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] });
  const given = world({ policy: changed, webhooks: [webhook(policy)], authority: { ...authority, certificate: 'NEWER\n' } }, serving(server, [policy]));
  const [own] = desiredPolicy(given, namespace).webhooks;
  assert.is(own?.kind, 'present');
  if (own?.kind !== 'present') return;
  const [entryOf] = own.object['webhooks'] as readonly { readonly rules: readonly { readonly operations: readonly string[] }[]; readonly clientConfig: { readonly caBundle: string; readonly service: object } }[];
  assert.equal(entryOf?.rules[0]?.operations, ['CREATE', 'UPDATE']);
  assert.is(Buffer.from(entryOf?.clientConfig.caBundle ?? '', 'base64').toString(), 'NEWER\n');
  assert.ok(entryOf?.clientConfig.service);
});

policies('C8: the previous authority is trusted beside the new one while it is named', () => {
  const [own] = desiredPolicy(world({ authority: { ...authority, previous: 'OLD\n' } }), namespace).webhooks;
  const [entryOf] = own?.kind === 'present' ? (own.object['webhooks'] as readonly { readonly clientConfig: { readonly caBundle: string } }[]) : [];
  assert.is(Buffer.from(entryOf?.clientConfig.caBundle ?? '', 'base64').toString(), 'NEW\nOLD\n');
});

policies('C6: when `mutating` is changed the old kind stays until the new one is there, and then goes', () => {
  const flipped = clusterPolicy({ mutating: true });
  const [old, both] = [[webhook(policy)], [webhook(policy), webhook(flipped)]];
  assert.equal(wanted(world({ policy: flipped, webhooks: old }, serving(server, [policy]))), [`hold ${mutating}`, `present ${validating}`]);
  assert.equal(wanted(world({ policy: flipped, webhooks: old })), [`present ${mutating}`, `present ${validating}`]);
  assert.equal(wanted(world({ policy: flipped, webhooks: both })), [`present ${mutating}`, `absent ${validating}`]);
});

for (const [title, kind] of [['does not exist', 'missing'], ['is being deleted', 'terminating']] as const) {
  policies(`a policy whose PolicyServer ${title} has no webhook`, () => assert.equal(wanted(world({ server: { kind }, webhooks: [webhook(policy)] })), [`absent ${validating}`, `absent ${mutating}`]));
}

policies('a policy whose PolicyServer cannot be read keeps what it has', () => {
  assert.equal(wanted(world({ server: { kind: 'unreadable' }, webhooks: [webhook(policy)] })), [`present ${validating}`, `hold ${mutating}`]);
});

policies('without an authority nothing is registered and nothing is taken away', () => {
  assert.equal(wanted(world({ authority: undefined, webhooks: [webhook(policy)] })), [`hold ${validating}`, `hold ${mutating}`]);
});

policies('of two policies with the same id the younger one touches no webhook', () => {
  const sameId = { kind: 'AdmissionPolicy', namespace: 'a', name: 'b-c' } as const;
  assert.equal(desiredPolicy(world({ policy: namespacedPolicy(), sameId }), namespace).webhooks, []);
});

const going = clusterPolicy({}, { deletionTimestamp: '2026-01-01T00:00:00Z' });
for (const [title, changes, finalizer, nextMs] of [
  ['a policy that lives keeps its finalizer', {}, 'present', undefined],
  ['while there is a webhook', { policy: going, webhooks: [webhook(policy)], webhooksGoneMs: undefined }, 'hold', undefined],
  ['just after the webhook is gone: API servers may still call it', { policy: going, webhooksGoneMs: 0 }, 'hold', webhookGraceMs],
  ['a little later', { policy: going, webhooksGoneMs: 9_000 }, 'hold', 1_000],
  ['ten seconds later', { policy: going, webhooksGoneMs: webhookGraceMs }, 'absent', undefined],
  ['at once where nobody serves it', { policy: going, webhooksGoneMs: 0, server: { kind: 'missing' } }, 'absent', undefined],
  ['at once where another policy has the webhook', { policy: going, sameId: { kind: 'ClusterAdmissionPolicy', name: 'other' }, webhooksGoneMs: undefined }, 'absent', undefined],
] as const) {
  policies(`finalizer: ${title}`, () => {
    const desired = desiredPolicy(world(changes), namespace);
    assert.equal([desired.finalizer, desired.nextMs], [finalizer, nextMs]);
  });
}

policies('a policy that is being deleted loses its webhooks first', () => assert.equal(wanted(world({ policy: going, webhooks: [webhook(policy)] })), [`absent ${validating}`, `absent ${mutating}`]));

policies.run();
