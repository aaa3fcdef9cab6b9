import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { defaultsPatch } from '../../../../integrations/k8s-controller/src/validation/defaults.js';

const defaults = suite('k8s-controller/validation/defaults');

const finalizer = 'kubewarden.io/finalizer';
const bare = { op: 'add', path: '/metadata/finalizers', value: [finalizer] };

for (const [title, kind, given, patch] of [
  ['a policy without a PolicyServer gets `default` and the finalizer', 'AdmissionPolicy', { metadata: {}, spec: {} }, [{ op: 'add', path: '/spec/policyServer', value: 'default' }, bare]],
  ['an empty PolicyServer counts as none', 'ClusterAdmissionPolicy', { metadata: { finalizers: [finalizer] }, spec: { policyServer: '' } }, [{ op: 'add', path: '/spec/policyServer', value: 'default' }]],
  ['a PolicyServer that was named stays', 'ClusterAdmissionPolicy', { metadata: { finalizers: [finalizer] }, spec: { policyServer: 'a' } }, []],
  ['a PolicyServer gets the finalizer only', 'PolicyServer', { metadata: {}, spec: {} }, [bare]],
  ['finalizers of others stay', 'PolicyServer', { metadata: { finalizers: ['other'] }, spec: {} }, [{ op: 'add', path: '/metadata/finalizers/-', value: finalizer }]],
  ['finalizers that are null are none', 'PolicyServer', { metadata: { finalizers: null }, spec: {} }, [bare]],
  ['an object that is being deleted gets no finalizer', 'PolicyServer', { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, spec: {} }, []],
  ['a policy without spec is left to validation', 'AdmissionPolicy', { metadata: { finalizers: [finalizer] } }, []],
] as const) {
  defaults(title, () => assert.equal(defaultsPatch(kind, given), patch));
}

defaults.run();
