import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { clusterRegistry } from '../../../../integrations/k8s-controller/src/validation/registry.js';
import type { Registry } from '../../../../integrations/k8s-controller/src/validation/judge.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { refusal, startApiServer, type Asked, type Said } from '../../../lib/kubernetes/api-server.js';
import { clusterPolicy, namespace, namespacedPolicy } from '../support/objects.js';

const registries = suite('k8s-controller/validation/registry');

interface Looked<Value> {
  readonly value: Value;
  readonly asked: readonly Asked[];
}

/** Looks something up at an API server that says one thing. */
async function looked<Value>(said: Said, look: (registry: Registry) => Promise<Value>, known: readonly ApiObject[] = []): Promise<Looked<Value>> {
  await using server = await startApiServer(() => said);
  const value = await look(clusterRegistry(server.client, { withPolicyId: () => known }, namespace));
  return { value, asked: server.asked };
}

registries('a pull secret is looked up in the namespace of the policy-servers, and told by its type', async () => {
  const { value, asked } = await looked({ body: { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, type: 'kubernetes.io/dockerconfigjson' } }, (registry) => registry.secretType('s'));
  assert.equal(value, { kind: 'found', facts: { type: 'kubernetes.io/dockerconfigjson' } });
  assert.equal(asked.map(({ method, url }) => `${method} ${url}`), [`GET /api/v1/namespaces/${namespace}/secrets/s`]);
});

for (const [title, data, keys] of [['its keys', { 'sigstore-trust-config': '{}' }, ['sigstore-trust-config']], ['none where it has no data', undefined, []]] as const) {
  registries(`a trust configuration is told by ${title}`, async () => {
    const { value } = await looked({ body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data } }, (registry) => registry.configMapKeys('c'));
    assert.equal(value, { kind: 'found', facts: { keys } });
  });
}

registries('what is not there is told as the reference tells it, what may not be read with its reason', async () => {
  assert.equal((await looked(refusal(404, 'NotFound'), (registry) => registry.secretType('s'))).value, { kind: 'failed', problem: 'Secret "s" not found' });
  assert.equal((await looked(refusal(404, 'NotFound'), (registry) => registry.configMapKeys('c'))).value, { kind: 'failed', problem: 'ConfigMap "c" not found' });
  const { value } = await looked(refusal(403, 'Forbidden'), (registry) => registry.secretType('s'));
  assert.match(value.kind === 'failed' ? value.problem : '', /Forbidden/);
});

registries('another policy with the same id is found, the policy itself is not another', async () => {
  const other: ApiObject = { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name: 'b-c', namespace: 'a' } };
  const own: ApiObject = { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name: 'c', namespace: 'a-b' } };
  const policy = namespacedPolicy({}, { name: 'c', namespace: 'a-b' });
  assert.equal((await looked({ body: {} }, (registry) => Promise.resolve(registry.otherWithId(policy)), [own, other])).value, { kind: 'AdmissionPolicy', namespace: 'a', name: 'b-c' });
  assert.is((await looked({ body: {} }, (registry) => Promise.resolve(registry.otherWithId(policy)), [own])).value, undefined);
});

const conditional = clusterPolicy({ mutating: true, matchConditions: [{ name: 'a', expression: 'object.' }] });

registries('whether a condition compiles is asked of the API server by a dry run of the webhook', async () => {
  const { value, asked } = await looked({ status: 201, body: { apiVersion: 'v1', kind: 'MutatingWebhookConfiguration', metadata: { name: 'x' } } }, (registry) => registry.webhookErrors(conditional));
  assert.equal(value, []);
  const [dry] = asked;
  assert.ok(dry);
  assert.match(`${dry.method} ${dry.url}`, /^POST \/apis\/admissionregistration\.k8s\.io\/v1\/mutatingwebhookconfigurations\?.*dryRun=All/);
  const tried = JSON.parse(dry.body) as { readonly metadata: { readonly name: string }; readonly webhooks: readonly { readonly matchConditions: unknown }[] };
  // Under the policy's own name its own webhook would be in the way.
  assert.match(tried.metadata.name, /^dry-run-/);
  assert.equal(tried.webhooks.map(({ matchConditions }) => matchConditions), [[{ name: 'a', expression: 'object.' }]]);
});

registries('what it has against the webhook is told in its words, by the field of the policy', async () => {
  const causes = [
    { reason: 'FieldValueInvalid', field: 'webhooks[0].matchConditions[0].expression', message: 'Invalid value: "object.": compilation failed: ERROR: <input>:1:8: Syntax error' },
    { reason: 'FieldValueInvalid', field: 'webhooks[0].matchConditions[1].expression', message: 'Invalid value: "\\"a\\"": must evaluate to bool' },
    { reason: 'FieldValueInvalid', field: 'webhooks[0].matchConditions[2].name', message: 'Invalid value: "a-": name part must consist of alphanumeric characters' },
    { reason: 'FieldValueNotSupported', field: 'webhooks[0].failurePolicy', message: 'Unsupported value: "Maybe": supported values: "Fail", "Ignore"' },
  ];
  const { value } = await looked(refusal(422, 'Invalid', { details: { causes } }), (registry) => registry.webhookErrors(conditional));
  assert.equal(value.map(({ reason, field, body }) => `${reason} ${field}: ${body}`), [
    'FieldValueInvalid spec.matchConditions[0].expression: Invalid value: "object.": compilation failed: ERROR: <input>:1:8: Syntax error',
    'FieldValueInvalid spec.matchConditions[1].expression: Invalid value: "\\"a\\"": must evaluate to bool',
    'FieldValueInvalid spec.matchConditions[2]: Invalid value: "a-": name part must consist of alphanumeric characters',
    'FieldValueNotSupported spec.failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
  ]);
});

registries('an API server that cannot be asked is a reason to refuse', async () => {
  const { value } = await looked(refusal(403, 'Forbidden'), (registry) => registry.webhookErrors(conditional));
  assert.match(formatFieldErrors(value), /^spec: Internal error: cannot check the webhook of the policy: .*Forbidden/);
});

registries.run();
