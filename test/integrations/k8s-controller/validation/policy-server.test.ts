import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { policyServerErrors, type PolicyServerFacts } from '../../../../integrations/k8s-controller/src/validation/policy-server.js';
import { policyServer } from '../support/objects.js';

const servers = suite('k8s-controller/validation/policy-server');

const told = (spec: object, facts: PolicyServerFacts = {}, name = 'default'): string => formatFieldErrors(policyServerErrors(policyServer(spec, { name }), undefined, facts));

servers('accepts a plain server', () => assert.equal(policyServerErrors(policyServer(), undefined, {}), []));

const long = 'a'.repeat(64);
for (const [title, spec, facts, text] of [
  ['a pull secret that cannot be read', { imagePullSecret: 's' }, { pullSecret: { kind: 'failed', problem: 'Secret "s" not found' } }, 'spec.imagePullSecret: Invalid value: "s": cannot get spec.imagePullSecret: Secret "s" not found'],
  ['a pull secret of another type', { imagePullSecret: 's' }, { pullSecret: { kind: 'found', facts: { type: 'Opaque' } } }, 'spec.imagePullSecret: Invalid value: "s": spec.imagePullSecret secret "s" is not of type kubernetes.io/dockerconfigjson'],
  ['a trust configuration that cannot be read', { sigstoreTrustConfig: 'c' }, { trustConfig: { kind: 'failed', problem: 'ConfigMap "c" not found' } }, 'spec.sigstoreTrustConfig: Invalid value: "c": cannot get spec.sigstoreTrustConfig ConfigMap: ConfigMap "c" not found'],
  ['a trust configuration without its key', { sigstoreTrustConfig: 'c' }, { trustConfig: { kind: 'found', facts: { keys: ['a'] } } }, 'spec.sigstoreTrustConfig: Invalid value: "c": spec.sigstoreTrustConfig ConfigMap "c" does not contain required key "sigstore-trust-config"'],
  ['both limits of disruptions', { minAvailable: 1, maxUnavailable: '25%' }, {}, 'spec: Invalid value: "minAvailable: 1, maxUnavailable: 25%": minAvailable and maxUnavailable cannot be both set'],
  ['a negative limit', { limits: { cpu: '-1' } }, {}, 'spec.limits.cpu: Invalid value: "-1": must be greater than or equal to 0'],
  ['a negative request', { requests: { memory: '-1Mi' } }, {}, 'spec.requests.memory: Invalid value: "-1Mi": must be greater than or equal to 0'],
  ['a request above its limit', { limits: { cpu: '500m' }, requests: { cpu: 1 } }, {}, 'spec.requests.cpu: Invalid value: "1": must be less than or equal to cpu limit of 500m'],
  ['an unknown capability, by its place', { namespacedPoliciesCapabilities: ['*', 'oci'] }, {}, 'spec.namespacedPoliciesCapabilities[1]: Invalid value: "oci": "oci" is not a complete capability path; use "oci/*" to allow all capabilities under it'],
  ['one port for two purposes', { webhookPort: 8081 }, {}, 'spec.readinessProbePort: Invalid value: 8081: readinessProbePort must differ from webhookPort (8081)'],
  ['fewer than no Pods', { replicas: -1 }, {}, 'spec.replicas: Invalid value: -1: must be greater than or equal to 0'],
] as const satisfies readonly (readonly [string, object, PolicyServerFacts, string])[]) {
  servers(`refuses ${title}`, () => assert.is(told(spec, facts), text));
}

servers('accepts a request equal to its limit in other words', () => assert.is(told({ limits: { cpu: '500m' }, requests: { cpu: 0.5 } }), '[]'));
servers('accepts a pull secret of the right type', () => assert.is(told({ imagePullSecret: 's' }, { pullSecret: { kind: 'found', facts: { type: 'kubernetes.io/dockerconfigjson' } } }), '[]'));
servers('the metrics port may be any', () => assert.is(told({ metricsPort: 8443 }), '[]'));

servers('refuses a name of more than 63 characters in the reference\'s words', () => {
  assert.is(told({}, {}, long), `metadata.name: Invalid value: "${long}": the PolicyServer name cannot be longer than 63 characters`);
});

servers('C7: refuses a new name that would break the Deployment: its Pods have a label that holds it', () => {
  assert.is(told({}, {}, 'a'.repeat(38)), '[]');
  assert.match(told({}, {}, 'a'.repeat(39)), /cannot be longer than 38 characters/);
});

servers('C7: refuses a new name that would break the Service: it cannot contain dots', () => assert.match(told({}, {}, 'a.b'), /cannot contain dots/));

servers('C7: refuses a new name that could be that of another server\'s version', () => {
  assert.match(told({}, {}, `a-${'0'.repeat(32)}`), /could be the name of a version/);
});

servers('C7: an existing server with such a name can still be changed', () => {
  const old = policyServer({}, { name: 'a.b' });
  assert.equal(policyServerErrors(policyServer({ replicas: 2 }, { name: 'a.b' }), old, {}), []);
  const negative = policyServer({ replicas: -1 });
  assert.equal(policyServerErrors(negative, negative, {}), []);
});

servers.run();
