import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { PolicyIdentity } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { forbidden, unchecked, type FieldError } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { judge, type Registry } from '../../../../integrations/k8s-controller/src/validation/judge.js';
import type { ReviewRequest } from '../../../../integrations/k8s-controller/src/validation/review.js';

const judging = suite('k8s-controller/validation/judge');

interface Asked {
  webhooks: number;
}

function registry({ type = 'kubernetes.io/dockerconfigjson', sameId, webhookErrors = [] }: { readonly type?: string; readonly sameId?: PolicyIdentity; readonly webhookErrors?: readonly FieldError[] } = {}): Registry & { readonly asked: Asked } {
  const asked: Asked = { webhooks: 0 };
  return {
    asked,
    secretType: () => Promise.resolve({ kind: 'found', facts: { type } }),
    configMapKeys: () => Promise.resolve({ kind: 'found', facts: { keys: ['sigstore-trust-config'] } }),
    otherWithId: () => sameId,
    webhookErrors: () => {
      asked.webhooks += 1;
      return Promise.resolve(webhookErrors);
    },
  };
}

const server = { metadata: { name: 'a', uid: 'u' }, spec: { image: 'i', replicas: 1 } };
const policy = { metadata: { name: 'a', uid: 'u' }, spec: { module: 'm', mutating: false, rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }] } };
const review = (kind: ReviewRequest['kind'], object: unknown, oldObject?: unknown): ReviewRequest => ({ apiVersion: 'admission.k8s.io/v1', uid: 'u', kind, name: 'a', operation: oldObject === undefined ? 'CREATE' : 'UPDATE', object, oldObject });
const message = async (request: ReviewRequest, known: Registry = registry()): Promise<string | undefined> => (await judge('validate', request, known)).response.status?.message;

judging('lets good objects through', async () => {
  assert.is(await message(review('PolicyServer', server)), undefined);
  assert.is(await message(review('ClusterAdmissionPolicy', policy)), undefined);
});

judging('mutating fills in and never refuses, whatever it is given', async () => {
  const { response } = await judge('mutate', review('ClusterAdmissionPolicy', policy), registry());
  assert.equal(JSON.parse(Buffer.from(response.patch ?? '', 'base64').toString()), [
    { op: 'add', path: '/spec/policyServer', value: 'default' },
    { op: 'add', path: '/metadata/finalizers', value: ['kubewarden.io/finalizer'] },
  ]);
  assert.equal((await judge('mutate', review('PolicyServer', 5), registry())).response, { uid: 'u', allowed: true });
});

judging('an object without spec is refused field by field', async () => {
  assert.match((await message(review('PolicyServer', { metadata: server.metadata }))) ?? '', /spec\.image: Invalid value/);
});

judging('asks for the pull secret that a PolicyServer names', async () => {
  const named = { ...server, spec: { ...server.spec, imagePullSecret: 's' } };
  assert.is(await message(review('PolicyServer', named)), undefined);
  assert.match((await message(review('PolicyServer', named), registry({ type: 'Opaque' }))) ?? '', /is not of type kubernetes\.io\/dockerconfigjson/);
});

const going = (object: { readonly metadata: object; readonly spec: object }): { readonly metadata: object; readonly spec: object } => ({ ...object, metadata: { ...object.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } });

judging('C5: nothing keeps the finalizer of an object that is being deleted from being removed', async () => {
  const broken = { ...server, spec: { ...server.spec, imagePullSecret: 'deleted', webhookPort: 8081 } };
  assert.is(await message(review('PolicyServer', going(broken), going(broken)), registry({ type: 'Opaque' })), undefined);
  const bad = { ...policy, spec: { ...policy.spec, rules: [] } };
  assert.is(await message(review('ClusterAdmissionPolicy', going(bad), going(bad))), undefined);
});

judging('C5: not even a spec that cannot be read', async () => {
  for (const kind of ['PolicyServer', 'AdmissionPolicy'] as const) {
    for (const spec of [undefined, null, { image: 5, rules: 'none' }]) {
      const object = { metadata: { name: 'a', uid: 'u', deletionTimestamp: '2026-01-01T00:00:00Z' }, ...(spec === undefined ? {} : { spec }) };
      assert.is(await message(review(kind, object, object)), undefined);
    }
  }
});

judging('C5: nor a spec that is nested deeper than any stack', async () => {
  const nested = (inner: string): object => JSON.parse(`{"settings":${'{"a":'.repeat(9000)}${inner}${'}'.repeat(9000)}}`) as object;
  const object = (inner: string) => ({ metadata: { name: 'a', uid: 'u', deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: nested(inner) });
  assert.is(await message(review('AdmissionPolicy', object('1'), object('1'))), undefined);
  assert.match((await message(review('AdmissionPolicy', object('1'), object('2')))) ?? '', /nested more than 125 levels deep/);
});

judging('an object that is being deleted and changed is judged', async () => {
  const changed = going({ ...policy, spec: { ...policy.spec, rules: [] } });
  assert.match((await message(review('ClusterAdmissionPolicy', changed, going(policy)))) ?? '', /spec\.rules/);
});

judging('an id that is taken matters for new policies only', async () => {
  const known = registry({ sameId: { kind: 'ClusterAdmissionPolicy', name: 'b' } });
  assert.match((await message(review('ClusterAdmissionPolicy', policy), known)) ?? '', /which ClusterAdmissionPolicy b has already/);
  assert.is(await message(review('ClusterAdmissionPolicy', policy, policy), known), undefined);
});

judging('the API server is asked about a policy that is otherwise right and new or changed', async () => {
  const known = registry({ webhookErrors: [forbidden('spec.matchConditions[0].expression', 'no')] });
  assert.match((await message(review('ClusterAdmissionPolicy', policy), known)) ?? '', /spec\.matchConditions\[0\]\.expression/);
  assert.is(await message(review('ClusterAdmissionPolicy', policy, policy), known), undefined);
  await message(review('ClusterAdmissionPolicy', { ...policy, spec: { ...policy.spec, rules: [] } }), known);
  assert.is(known.asked.webhooks, 1);
});

judging('what cannot be asked is refused: a doubt rejects', async () => {
  const known = registry({ webhookErrors: [unchecked('spec', 'cannot check')] });
  assert.is((await judge('validate', review('ClusterAdmissionPolicy', policy), known)).response.allowed, false);
});

judging.run();
