import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readPolicy, readPolicyServer } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { serverConfiguration } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import { parsePoliciesFile } from '../../../../integrations/webhook-server/src/policies/policies-file.js';

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

objects('a policy that names no module is unreadable: a policy-server that was told of it would read no policy at all', () => {
  const reading = readPolicy('AdmissionPolicy', { metadata, spec: { ...spec, module: '' } });
  assert.equal(reading.kind === 'unreadable' && reading.problems, [{ path: 'spec.module', message: 'must be non-empty' }]);
  assert.throws(() => parsePoliciesFile('{"a":{"module":""},"b":{"module":"registry://r/p:v1"}}', 'policies.yml'), /a module URL must not be empty/);
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

for (const [title, text, path] of [
  ['the largest that JavaScript holds', '{"a":9007199254740991,"b":-9007199254740991}', undefined],
  ['one more', '{"a":{"b":[1,9007199254740993]}}', 'spec.settings.a.b[1]'],
  ['the largest of 64 bits', '{"a":9223372036854775807}', 'spec.settings.a'],
  ['the smallest of 64 bits', '{"a":-9223372036854775808}', 'spec.settings.a'],
  ['numbers that the API server rounds itself', '{"a":1e300,"b":0.1}', undefined],
  ['the same digits as text', '{"a":"9223372036854775807"}', undefined],
] as const) {
  objects(`settings with integers, ${title}: ${path === undefined ? 'are handed on' : 'are refused, for digits would be lost'}`, () => {
    const reading = readPolicy('ClusterAdmissionPolicy', { metadata, spec: { ...spec, settings: JSON.parse(text) as object } });
    assert.equal(reading.kind === 'unreadable' ? reading.problems : [], path === undefined ? [] : [{ path, message: 'integers beyond 9007199254740991 cannot be handed on with all their digits; give it as text' }]);
  });
}

const nested = (levels: number): object => JSON.parse('{"a":'.repeat(levels) + '1' + '}'.repeat(levels)) as object;

for (const levels of [126, 9_000]) {
  objects(`settings nested ${levels} levels deep are refused: no policy-server would read its file, and nobody's stack is exhausted`, () => {
    const reading = readPolicy('AdmissionPolicy', { metadata, spec: { ...spec, settings: nested(levels) } });
    assert.equal(reading.kind === 'unreadable' && reading.problems, [{ path: 'spec.settings', message: 'nested more than 125 levels deep' }]);
  });
}

objects('settings nested 125 levels deep come to the policy-server', () => {
  const reading = readPolicy('AdmissionPolicy', { metadata, spec: { ...spec, settings: nested(125) } });
  const server = readPolicyServer({ metadata, spec: { image: 'i', replicas: 1 } });
  assert.ok(reading.kind === 'read' && server.kind === 'read');
  const { data } = serverConfiguration(server.value, [reading.value]);
  assert.is(parsePoliciesFile(data['policies.yml'], 'policies.yml').size, 1);
  assert.throws(() => parsePoliciesFile(data['policies.yml'].replace('{"a":1}', '{"a":{"a":1}}'), 'policies.yml'), /nested more than 127 levels deep/);
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
