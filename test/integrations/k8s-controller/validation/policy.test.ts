import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { forbidden, formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { policyErrors, type PolicyFacts } from '../../../../integrations/k8s-controller/src/validation/policy.js';
import { clusterPolicy, namespacedPolicy } from '../support/objects.js';

const policies = suite('k8s-controller/validation/policy');

const facts: PolicyFacts = { sameId: undefined, webhookErrors: [] };

policies('accepts plain policies', () => {
  assert.equal(policyErrors(clusterPolicy(), undefined, facts), []);
  assert.equal(policyErrors(namespacedPolicy(), undefined, facts), []);
});

policies('refuses to execute longer than the API server waits', () => {
  const errors = policyErrors(clusterPolicy({ timeoutSeconds: 5, timeoutEvalSeconds: 6 }), undefined, facts);
  assert.is(formatFieldErrors(errors), 'spec.timeoutEvalSeconds: Invalid value: 6: timeoutEvalSeconds cannot be greater than timeoutSeconds');
  assert.equal(policyErrors(clusterPolicy({ timeoutSeconds: 6, timeoutEvalSeconds: 6 }), undefined, facts), []);
});

policies('refuses another PolicyServer than before', () => {
  const errors = policyErrors(clusterPolicy({ policyServer: 'b' }), clusterPolicy({ policyServer: 'a' }), facts);
  assert.is(formatFieldErrors(errors), 'spec.policyServer: Forbidden: the field is immutable');
});

policies('refuses to go from protect to monitor, and not back', () => {
  const [protecting, monitoring] = [clusterPolicy({ mode: 'protect' }), clusterPolicy({ mode: 'monitor' })];
  assert.is(formatFieldErrors(policyErrors(monitoring, protecting, facts)), 'spec.mode: Forbidden: field cannot transition from protect to monitor. Recreate instead.');
  assert.equal(policyErrors(protecting, monitoring, facts), []);
});

policies('C7: refuses a new policy whose id another one has, naming it', () => {
  const policy = namespacedPolicy({}, { namespace: 'a-b', name: 'c' });
  const sameId = { kind: 'AdmissionPolicy', namespace: 'a', name: 'b-c' } as const;
  assert.is(formatFieldErrors(policyErrors(policy, undefined, { ...facts, sameId })), 'metadata.name: Invalid value: "c": the policy would have the id "namespaced-a-b-c", which AdmissionPolicy a/b-c has already');
  assert.equal(policyErrors(policy, policy, { ...facts, sameId }), []);
});

policies('C7: refuses a new policy whose webhook could not be named', () => {
  const name = (length: number): string => 'a'.repeat(length);
  assert.equal(policyErrors(clusterPolicy({}, { name: name(220) }), undefined, facts), []);
  assert.match(formatFieldErrors(policyErrors(clusterPolicy({}, { name: name(221) }), undefined, facts)), /the policy's name is 1 characters too long/);
});

policies('passes on what the API server has against the webhook', () => {
  assert.is(formatFieldErrors(policyErrors(clusterPolicy(), undefined, { ...facts, webhookErrors: [forbidden('spec.a', 'no')] })), 'spec.a: Forbidden: no');
});

policies('tells everything that is wrong at once', () => {
  const errors = policyErrors(clusterPolicy({ rules: [], timeoutEvalSeconds: 20, matchConditions: [{ name: '', expression: '' }] }), undefined, facts);
  assert.equal(errors.map(({ field }) => field), ['spec.rules', 'spec.matchConditions[0].expression', 'spec.matchConditions[0].name', 'spec.timeoutEvalSeconds']);
});

policies.run();
