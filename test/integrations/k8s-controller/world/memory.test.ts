import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ChangeWindow } from '../../../../integrations/k8s-controller/src/world/change-window.js';
import { WebhookAbsence } from '../../../../integrations/k8s-controller/src/world/webhook-absence.js';
import { readVersions } from '../../../../integrations/k8s-controller/src/world/versions.js';
import { pointsTo, trustedBy } from '../../../../integrations/k8s-controller/src/world/seen-webhook.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { hash, seen } from '../support/objects.js';

const memory = suite('k8s-controller/world/memory');

function webhook(name: string, service: string): ApiObject {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name, uid: name }, webhooks: [{ clientConfig: { service: { namespace: 'kubewarden', name: service }, caBundle: '' } }] };
}

function absence(): { readonly known: WebhookAbsence; readonly there: Map<string, ApiObject>; at: (ms: number) => void } {
  let nowMs = 0;
  const there = new Map<string, ApiObject>();
  const known = new WebhookAbsence({ all: (kind) => (kind === 'ValidatingWebhookConfiguration' ? [...there.values()] : []), find: (kind, name) => (kind === 'ValidatingWebhookConfiguration' ? there.get(name) : undefined) }, () => nowMs);
  return { known, there, at: (ms) => void (nowMs = ms) };
}

memory('a policy that never had a webhook has had none since everything was seen', () => {
  const { known, at } = absence();
  at(500);
  known.restart();
  at(3_000);
  assert.equal([known.ofPolicy('a'), known.ofServer('default')], [2_500, 2_500]);
});

memory('a policy with a webhook has one', () => {
  const { known, there } = absence();
  there.set('a', webhook('a', 'policy-server-default'));
  assert.equal([known.ofPolicy('a'), known.ofServer('default'), known.ofServer('other') === undefined], [undefined, undefined, false]);
});

memory('the time counts from when the webhook was seen to go, for the policy and for its server', () => {
  const { known, at } = absence();
  at(60_000);
  known.observe({ kind: 'deleted', previous: webhook('a', 'policy-server-default') });
  at(64_000);
  assert.equal([known.ofPolicy('a'), known.ofServer('default'), known.ofPolicy('b')], [4_000, 4_000, 64_000]);
});

memory('a webhook that was made to point elsewhere has left its server', () => {
  const { known, at } = absence();
  at(60_000);
  known.observe({ kind: 'modified', object: webhook('a', 'policy-server-other'), previous: webhook('a', 'policy-server-default') });
  at(61_000);
  assert.equal([known.ofServer('default'), known.ofPolicy('a')], [1_000, 61_000]);
});

memory('disappearances are forgotten when nobody waits for them any more', () => {
  const { known, at } = absence();
  known.observe({ kind: 'deleted', previous: webhook('a', 'policy-server-default') });
  at(100_000);
  known.observe({ kind: 'deleted', previous: webhook('b', 'policy-server-default') });
  assert.is(known.ofPolicy('a'), 100_000);
});

memory('changes of a configuration: since when it is as it is, and since when it differs', () => {
  let nowMs = 0;
  const changes = new ChangeWindow(() => nowMs);
  const look = (ms: number, digit: string, current: string): unknown => {
    nowMs = ms;
    return changes.observe('default', hash(digit), hash(current));
  };
  assert.equal(look(0, '1', '0'), { sinceChangeMs: 0, sinceDifferenceMs: 0 });
  assert.equal(look(1_000, '1', '0'), { sinceChangeMs: 1_000, sinceDifferenceMs: 1_000 });
  assert.equal(look(1_500, '2', '0'), { sinceChangeMs: 0, sinceDifferenceMs: 1_500 });
  assert.equal(look(2_000, '2', '2'), { sinceChangeMs: 0, sinceDifferenceMs: 0 });
  assert.equal(look(9_000, '3', '2'), { sinceChangeMs: 0, sinceDifferenceMs: 0 });
  changes.forget('default');
  assert.equal(look(9_500, '3', '2'), { sinceChangeMs: 0, sinceDifferenceMs: 0 });
});

memory('changes that go on after a rollout wait for each other anew', () => {
  let nowMs = 0;
  const changes = new ChangeWindow(() => nowMs);
  const look = (ms: number, digit: string, current: string): unknown => {
    nowMs = ms;
    return changes.observe('default', hash(digit), hash(current));
  };
  look(0, '1', '0');
  assert.equal(look(9_000, '2', '0'), { sinceChangeMs: 0, sinceDifferenceMs: 9_000 });
  // Version 2 was rolled out, and by the time that is seen there is a further change.
  assert.equal(look(10_000, '3', '2'), { sinceChangeMs: 0, sinceDifferenceMs: 0 });
  assert.equal(look(11_000, '4', '2'), { sinceChangeMs: 0, sinceDifferenceMs: 1_000 });
});

memory('versions are read from ConfigMaps that carry one, whatever order their keys have', () => {
  const map = (name: string, data: object, labels: object): ReturnType<typeof seen> => seen('ConfigMap', name, { data }, { labels });
  const versions = readVersions([
    map('a', { 'policies.yml': '{"p":{"b":1,"a":2}}' }, { 'kubewarden/config-version': hash('1') }),
    map('b', { 'policies.yml': 'not JSON' }, { 'kubewarden/config-version': hash('2') }),
    map('c', {}, { 'kubewarden/config-version': hash('3') }),
    map('d', { 'policies.yml': '{}' }, {}),
  ]);
  assert.equal([...versions].map(([version, entries]) => [version, [...entries]]), [[hash('1'), [['p', '{"a":2,"b":1}']]], [hash('2'), []], [hash('3'), []]]);
});

memory('a configuration points where its first webhook does, and trusts what all of them trust', () => {
  const certificate = (text: string): string => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----`;
  const bundle = (...texts: readonly string[]): object => ({ clientConfig: { caBundle: Buffer.from(texts.map(certificate).join('\n')).toString('base64'), service: { namespace: 'n', name: 'policy-server-a' } } });
  const object = seen('ValidatingWebhookConfiguration', 'w', { webhooks: [bundle('A', 'B'), bundle('B')] });
  assert.equal([pointsTo(object), trustedBy(object)], ['a', [certificate('B')]]);
  assert.equal([pointsTo(seen('ValidatingWebhookConfiguration', 'w')), trustedBy(seen('ValidatingWebhookConfiguration', 'w', { webhooks: 'x' }))], [undefined, []]);
});

memory.run();
