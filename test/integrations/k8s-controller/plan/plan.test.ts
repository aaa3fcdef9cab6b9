import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { absent, hold, present } from '../../../../integrations/k8s-controller/src/desired/wanted.js';
import { planFinalizer, planFor, planMetadata, type Plan } from '../../../../integrations/k8s-controller/src/plan/plan.js';
import type { Manifest } from '../../../../integrations/k8s-controller/src/world/kubernetes-object.js';
import { frozen, namespace, seen } from '../support/objects.js';

const plans = suite('k8s-controller/plan/plan');

const wanted: Manifest = frozen({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace, labels: { 'kubewarden/policy-server': 'default' } }, data: { x: '1' } });
const labelled = { labels: { 'kubewarden/policy-server': 'default' } };
const there = seen('ConfigMap', 'a', { data: { x: '1' } }, labelled);
const reference = { apiVersion: 'v1', kind: 'ConfigMap', name: 'a', namespace };
const kinds = (plan: Plan): unknown => (plan.kind === 'steps' ? plan.actions.map(({ kind }) => kind) : plan);

plans('what is not there is made', () => assert.equal(kinds(planFor(present(wanted), [])), ['apply']));
plans('what is there is left alone', () => assert.equal(kinds(planFor(present(wanted), [there])), []));
plans('an object of the same name elsewhere is another one', () => {
  assert.equal(kinds(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { x: '1' } }, { ...labelled, namespace: 'other' }), seen('Secret', 'a', {}, labelled)])), ['apply']);
});
plans('what was changed is set again', () => assert.equal(kinds(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { x: '2' } }, labelled)])), ['apply']));
plans('a label that was removed is set again', () => assert.equal(kinds(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { x: '1' } })])), ['apply']));
plans('what a stranger added stays where strangers may add', () => assert.equal(kinds(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { x: '1', y: '2' } }, labelled)])), []));

plans('what we applied once and want no more is taken back by applying again', () => {
  const managedFields = [{ manager: 'wasmwarden-controller', operation: 'Apply', fieldsV1: { 'f:data': { 'f:x': {}, 'f:y': {} } } }];
  assert.equal(kinds(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { x: '1', y: '2' } }, { ...labelled, managedFields })])), ['apply']);
});

plans('what the reference made is taken over before it is changed, so that what it set can be taken back', () => {
  const managedFields = [{ manager: 'controller', operation: 'Update', fieldsV1: { 'f:data': { 'f:y': {} } } }];
  assert.equal(planFor(present(wanted), [seen('ConfigMap', 'a', { data: { y: '2' } }, { ...labelled, managedFields })]), {
    kind: 'steps',
    actions: [{ kind: 'adopt', reference, place: 0, precondition: { uid: 'a-uid', resourceVersion: '1' } }],
  });
});

plans('what a stranger added goes where strangers may not, for the version that was seen only', () => {
  const plan = planFor(present(wanted, { exact: ['data'] }), [seen('ConfigMap', 'a', { data: { x: '1', y: '2' } }, labelled)]);
  assert.equal(plan, { kind: 'steps', actions: [{ kind: 'replace-fields', reference, fields: { data: { x: '1' } }, precondition: { uid: 'a-uid', resourceVersion: '1' } }] });
});
plans('what is missing where strangers may not add is applied', () => assert.equal(kinds(planFor(present(wanted, { exact: ['data'] }), [seen('ConfigMap', 'a', {}, labelled)])), ['apply']));
plans('what cannot be changed in place is deleted, and made anew when it is gone', () => {
  const other = seen('ConfigMap', 'a', { data: { x: '2' } }, labelled);
  assert.equal(kinds(planFor(present(wanted, { exact: ['data'], immutable: true }), [other])), ['delete']);
});
plans('what is going already is waited for', () => {
  const going = seen('ConfigMap', 'a', { data: { x: '2' } }, { ...labelled, deletionTimestamp: '2026-01-01T00:00:00Z' });
  assert.equal(kinds(planFor(present(wanted), [going])), []);
  assert.equal(kinds(planFor(absent(reference), [going])), []);
});
plans('an object of another PolicyServer is not taken', () => {
  const plan = planFor(present(wanted), [seen('ConfigMap', 'a', {}, { labels: { 'kubewarden/policy-server': 'other' } })]);
  assert.equal(plan, { kind: 'blocked', because: 'ConfigMap kubewarden/a belongs to the PolicyServer other' });
});
plans('what ought to be gone is deleted, the object that was seen and no other', () => {
  assert.equal(planFor(absent(reference), [there]), { kind: 'steps', actions: [{ kind: 'delete', reference, precondition: { uid: 'a-uid', resourceVersion: '1' } }] });
  assert.equal(kinds(planFor(absent(reference), [])), []);
});
plans('what is held is left alone, there or not', () => {
  assert.equal(kinds(planFor(hold(reference, 'why'), [there])), []);
  assert.equal(kinds(planFor(hold(reference, 'why'), [])), []);
});

const owner = (uid: string): { apiVersion: string; kind: string; name: string; uid: string } => ({ apiVersion: 'v1', kind: 'Namespace', name: uid, uid });
const surroundings = { name: 'a', namespace, labels: { part: 'ours' }, annotations: { format: '1' }, ownerReferences: [owner('ours')] };
plans('labels, annotations and owners that are there are left alone, whatever stands beside them', () => {
  const more = seen('Secret', 'a', {}, { labels: { part: 'ours', more: 'theirs' }, annotations: { format: '1' }, ownerReferences: [owner('theirs'), owner('ours')] });
  assert.is(planMetadata(more, surroundings), undefined);
});
plans('labels, annotations and owners that were removed are set again, and those of others stay', () => {
  const stripped = seen('Secret', 'a', { data: { x: '1' } }, { labels: { more: 'theirs' }, ownerReferences: [owner('theirs')] });
  assert.equal(planMetadata(stripped, surroundings), {
    kind: 'set-metadata',
    reference: { ...reference, kind: 'Secret' },
    metadata: { labels: { part: 'ours' }, annotations: { format: '1' }, ownerReferences: [owner('theirs'), owner('ours')] },
    precondition: { uid: 'a-uid', resourceVersion: '1' },
  });
});

const finalizer = 'kubewarden.io/finalizer';
for (const [title, finalizers, wish, expected] of [
  ['is put on', [], 'present', [finalizer]],
  ['is put beside others', ['other'], 'present', ['other', finalizer]],
  ['is there', ['other', finalizer], 'present', undefined],
  ['is taken off, and the one of old releases too', ['kubewarden', 'other', finalizer], 'absent', ['other']],
  ['of old releases alone is taken off', ['kubewarden'], 'absent', []],
  ['is gone', ['other'], 'absent', undefined],
  ['is held', [finalizer], 'hold', undefined],
] as const) {
  plans(`the finalizer ${title}`, () => {
    const action = planFinalizer(seen('ClusterAdmissionPolicy', 'a', {}, { finalizers }), wish);
    assert.equal(action?.kind === 'set-finalizers' ? action.finalizers : undefined, expected);
  });
}

plans.run();
