import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Policy } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { ownWebhookConfigurations } from '../../../../integrations/k8s-controller/src/desired/own-webhooks.js';
import { webhookConfiguration } from '../../../../integrations/k8s-controller/src/desired/webhook.js';
import { assertGolden } from '../support/golden.js';
import { clusterPolicy, namespace, namespacedPolicy } from '../support/objects.js';

const webhooks = suite('k8s-controller/desired/webhook');

const input = { namespace, authorities: 'PEM\n' };
const webhookOf = (policy: Policy): Readonly<Record<string, unknown>> => (webhookConfiguration(policy, input)['webhooks'] as readonly Readonly<Record<string, unknown>>[])[0] ?? {};
const exclusion = { key: 'kubernetes.io/metadata.name', operator: 'NotIn', values: [namespace] };

webhooks('a validating configuration, whole', () => assertGolden('webhook.validating', webhookConfiguration(clusterPolicy(), input)));

webhooks('a mutating configuration with everything that can be said, whole', () => {
  const policy = namespacedPolicy({
    mutating: true,
    policyServer: 'other',
    rules: [{ operations: ['*'], apiGroups: ['apps'], apiVersions: ['*'], resources: ['*/*'], scope: '*' }],
    failurePolicy: 'Ignore',
    matchPolicy: 'Exact',
    objectSelector: { matchLabels: { a: 'b' } },
    sideEffects: 'NoneOnDryRun',
    timeoutSeconds: 20,
    matchConditions: [{ name: 'a', expression: 'true' }],
  });
  assertGolden('webhook.mutating', webhookConfiguration(policy, input));
});

webhooks('C1: matchLabels survive when our own namespace is taken out', () => {
  const selector = { matchLabels: { env: 'prod' }, matchExpressions: [{ key: 'a', operator: 'Exists' }] };
  assert.equal(webhookOf(clusterPolicy({ namespaceSelector: selector }))['namespaceSelector'], { matchLabels: { env: 'prod' }, matchExpressions: [exclusion, { key: 'a', operator: 'Exists' }] });
  assert.equal(webhookOf(clusterPolicy({ namespaceSelector: { matchLabels: { env: 'prod' } } }))['namespaceSelector'], { matchLabels: { env: 'prod' }, matchExpressions: [exclusion] });
});

webhooks('a policy that is allowed inside keeps its selector as it is', () => {
  const allowed = { allowInsideAdmissionControllerNamespace: true };
  assert.equal(webhookOf(clusterPolicy({ ...allowed, namespaceSelector: { matchLabels: { env: 'prod' } } }))['namespaceSelector'], { matchLabels: { env: 'prod' } });
  assert.equal(webhookOf(clusterPolicy(allowed))['namespaceSelector'], {});
  assert.equal(webhookOf(clusterPolicy({ allowInsideAdmissionControllerNamespace: false }))['namespaceSelector'], { matchExpressions: [exclusion] });
});

webhooks('a namespaced policy is asked about its own namespace only, and about namespaced objects only', () => {
  const webhook = webhookOf(namespacedPolicy({ rules: [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: '*' }] }));
  assert.equal(webhook['namespaceSelector'], { matchLabels: { 'kubernetes.io/metadata.name': 'tenant' } });
  assert.equal(webhook['rules'], [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], scope: 'Namespaced' }]);
});

webhooks('C15: match conditions are registered as they are given, and nobody is asked whether the API server knows them: left out, the policy would judge more', () => {
  const conditions = [{ name: 'b', expression: 'true' }, { name: 'a', expression: 'object.metadata.name != "x"' }];
  for (const mutating of [true, false]) assert.equal(webhookOf(clusterPolicy({ mutating, matchConditions: conditions }))['matchConditions'], conditions);
  assert.not('matchConditions' in webhookOf(clusterPolicy({ matchConditions: [] })));
});

webhooks('our own registrations, whole', () => {
  const owner = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: 'namespace-uid' };
  assertGolden('own-webhooks', ownWebhookConfigurations({ namespace, service: 'kubewarden-controller-webhook-service', authorities: 'PEM\n', owner }));
});

webhooks.run();
