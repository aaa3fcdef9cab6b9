import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readPolicy, readPolicyServer } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';

const objects = suite('k8s-controller/crds/custom-object');

const metadata = { name: 'a', uid: 'u', namespace: 'tenant' };
const spec = { module: 'registry://r/p:v1', mutating: false, rules: [] };

objects('fills in the defaults of the definition, for objects stored before they existed', () => {
  const reading = readPolicy('ClusterAdmissionPolicy', { metadata, spec });
  assert.is(reading.kind, 'read');
  if (reading.kind !== 'read') return;
  const { policyServer, mode, backgroundAudit, timeoutSeconds } = reading.value.spec;
  assert.equal([policyServer, mode, backgroundAudit, timeoutSeconds], ['default', 'protect', true, 10]);
});

objects('tells what is wrong with an object that cannot be read, by path', () => {
  const reading = readPolicy('AdmissionPolicy', { metadata, spec: { ...spec, timeoutSeconds: 1, rules: [{ operations: 'CREATE' }] } });
  assert.equal(reading.kind === 'unreadable' && reading.problems.map(({ path }) => path), ['spec.rules[0].operations', 'spec.timeoutSeconds']);
});

objects('an object without spec is unreadable, not an exception', () => {
  const reading = readPolicyServer({ metadata });
  assert.equal(reading.kind === 'unreadable' && reading.problems.map(({ path }) => path), ['spec.image', 'spec.replicas']);
});

objects('a status that cannot be read counts as none', () => {
  const reading = readPolicy('ClusterAdmissionPolicy', { metadata, spec, status: { policyStatus: 'excellent' } });
  assert.is(reading.kind === 'read' && reading.value.status, undefined);
});

objects('settings keep every member, also one named __proto__', () => {
  const given = JSON.parse('{"__proto__":{"a":1},"b":[1,2]}') as object;
  const reading = readPolicy('ClusterAdmissionPolicy', { metadata, spec: { ...spec, settings: given } });
  assert.is(reading.kind === 'read' && JSON.stringify(reading.value.spec.settings), JSON.stringify(given));
});

objects('carries every field of a PolicyServer', () => {
  const whole = {
    image: 'i',
    replicas: 2,
    env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } }],
    affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] } },
    tolerations: [{ key: 'a', operator: 'Exists' }],
    securityContexts: { container: { runAsUser: 5 }, pod: { fsGroup: 6 } },
    limits: { cpu: 1, memory: '1Gi' },
    namespacedPoliciesCapabilities: [],
  };
  const reading = readPolicyServer({ metadata, spec: whole });
  assert.equal(reading.kind === 'read' && reading.value.spec, whole);
});

objects.run();
