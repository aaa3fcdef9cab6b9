import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parsePolicyDefinitions } from '../../../../lib/policy/definition.js';
import { canonicalJson } from '../../../../integrations/k8s-controller/src/desired/canonical-json.js';
import { configHash, isConfigHash } from '../../../../integrations/k8s-controller/src/desired/config-hash.js';
import { serverConfiguration, sizeProblem } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import { readableConfigMap, versionedConfigMap } from '../../../../integrations/k8s-controller/src/desired/config-map.js';
import { parsePoliciesFile } from '../../../../integrations/webhook-server/src/policies/policies-file.js';
import { assertGolden } from '../support/golden.js';
import { clusterPolicy, namespace, namespacedPolicy, policyServer } from '../support/objects.js';

const configurations = suite('k8s-controller/desired/configuration');

const entry = (spec: object, server = policyServer()): unknown => (JSON.parse(serverConfiguration(server, [clusterPolicy(spec)]).data['policies.yml']) as Readonly<Record<string, unknown>>)['clusterwide-privileged'];
const namespacedEntry = (server = policyServer()): Readonly<Record<string, unknown>> => {
  const text = serverConfiguration(server, [namespacedPolicy({ contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] })]).data['policies.yml'];
  return (JSON.parse(text) as Readonly<Record<string, Readonly<Record<string, unknown>>>>)['namespaced-tenant-privileged'] ?? {};
};

configurations('a server without policies has two empty documents', () => {
  assert.equal(serverConfiguration(policyServer(), []).data, { 'policies.yml': '{}', 'sources.yml': '{}' });
});

configurations('a plain policy has the keys of the contract, settings null when there are none', () => {
  assert.equal(entry({}), {
    namespacedName: { Namespace: '', Name: 'privileged' },
    module: 'registry://registry.test/privileged:v1',
    policyMode: 'protect',
    allowedToMutate: false,
    settings: null,
    hostCapabilities: ['*'],
  });
});

configurations('what is empty is left out, what is not is in', () => {
  assert.equal(entry({ message: '', contextAwareResources: [] }), entry({}));
  const full = entry({ mode: 'monitor', mutating: true, message: 'no', timeoutEvalSeconds: 5, settings: { a: 1 }, contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }] });
  assert.equal(full, {
    namespacedName: { Namespace: '', Name: 'privileged' },
    module: 'registry://registry.test/privileged:v1',
    policyMode: 'monitor',
    allowedToMutate: true,
    contextAwareResources: [{ apiVersion: 'v1', kind: 'Pod' }],
    settings: { a: 1 },
    message: 'no',
    timeoutEvalSeconds: 5,
    hostCapabilities: ['*'],
  });
});

configurations('a namespaced policy gets what its server grants, and no context', () => {
  assert.equal(namespacedEntry()['hostCapabilities'], ['*']);
  assert.equal(namespacedEntry(policyServer({ namespacedPoliciesCapabilities: [] }))['hostCapabilities'], []);
  assert.equal(namespacedEntry(policyServer({ namespacedPoliciesCapabilities: ['oci/*'] }))['hostCapabilities'], ['oci/*']);
  assert.is(namespacedEntry()['contextAwareResources'], undefined);
});

configurations('the policy-server reads what the controller writes', () => {
  const policies = [clusterPolicy({ settings: { a: [1, { b: null }] }, message: 'no', timeoutEvalSeconds: 3, mutating: true }), namespacedPolicy()];
  const { data } = serverConfiguration(policyServer({ namespacedPoliciesCapabilities: ['oci/*'] }), policies);
  const definitions = parsePolicyDefinitions(JSON.parse(data['policies.yml']));
  assert.equal([...definitions.keys()], ['clusterwide-privileged', 'namespaced-tenant-privileged']);
  const [first, second] = [...definitions.values()];
  assert.equal([first?.allowedToMutate, first?.message, first?.timeoutEvalSeconds, JSON.stringify(first?.settings)], [true, 'no', 3, '{"a":[1,{"b":null}]}']);
  assert.equal([second?.hostCapabilities, second?.policyMode], [['oci/*'], 'protect']);
});

configurations('whatever the settings are, the policy-server reads them from the file as they were written, and the other policies too', () => {
  const key = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', '<<', '~', '#', '? a', 'a: b', '- a', '', '1', 'k'.repeat(3000), '\u2028', '\ufeff', '\ud800', '\u007f', '*a', '&a'));
  const leaf = fc.oneof(key, fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number) || Math.abs(number) >= 1e21), fc.maxSafeInteger(), fc.constantFrom(null, true, false, 1e21, 5e-324, 0));
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({ value: fc.oneof({ depthSize: 'small' }, leaf, fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(key, tie('value'), { maxKeys: 4 })) }));
  fc.assert(
    fc.property(fc.dictionary(key, value, { maxKeys: 4 }), (given) => {
      const settings = JSON.parse(JSON.stringify(given)) as object;
      const { data } = serverConfiguration(policyServer(), [clusterPolicy({ settings }), namespacedPolicy()]);
      const definitions = parsePoliciesFile(data['policies.yml'], 'policies.yml');
      assert.is(definitions.size, 2);
      assert.is(canonicalJson([...definitions.values()].map((definition) => definition.settings)[0]), canonicalJson(settings));
    }),
    { seed: 11, numRuns: 300 },
  );
});

configurations('of two policies with the same id the first is served', () => {
  const [older, younger] = [namespacedPolicy({ module: 'older' }, { namespace: 'a-b', name: 'c' }), namespacedPolicy({ module: 'younger' }, { namespace: 'a', name: 'b-c' })];
  assert.match(serverConfiguration(policyServer(), [older, younger]).data['policies.yml'], /"older"/);
  assert.not.match(serverConfiguration(policyServer(), [older, younger]).data['policies.yml'], /"younger"/);
});

configurations('sources are told as the policy-server reads them', () => {
  const { data } = serverConfiguration(policyServer({ insecureSources: ['a:5000'], sourceAuthorities: { 'b:5000': ['PEM 1', 'PEM 2'] } }), []);
  assert.equal(JSON.parse(data['sources.yml']), { insecure_sources: ['a:5000'], source_authorities: { 'b:5000': [{ type: 'Data', data: 'PEM 1' }, { type: 'Data', data: 'PEM 2' }] } });
});

configurations('of sources only what there is is told', () => {
  const told = (spec: object): string => serverConfiguration(policyServer(spec), []).data['sources.yml'];
  assert.is(told({ insecureSources: ['a:5000'], sourceAuthorities: {} }), '{"insecure_sources":["a:5000"]}');
  assert.is(told({ insecureSources: [], sourceAuthorities: { b: ['PEM'] } }), '{"source_authorities":{"b":[{"data":"PEM","type":"Data"}]}}');
});

configurations('the version is 32 hexadecimal digits of the content, in whatever order it is given', () => {
  const policies = [clusterPolicy(), namespacedPolicy()];
  const { hash } = serverConfiguration(policyServer(), policies);
  assert.ok(isConfigHash(hash));
  assert.is(serverConfiguration(policyServer({ replicas: 5 }), policies.toReversed()).hash, hash);
  for (const change of [{ settings: { a: 1 } }, { mode: 'monitor' }, { message: 'm' }, { timeoutEvalSeconds: 2 }, { module: 'other' }, { mutating: true }]) {
    assert.is.not(serverConfiguration(policyServer(), [clusterPolicy(change), namespacedPolicy()]).hash, hash);
  }
  assert.is.not(serverConfiguration(policyServer({ insecureSources: ['a'] }), policies).hash, hash);
});

configurations('rules, selectors and timeouts of the webhook are not part of the version', () => {
  const { hash } = serverConfiguration(policyServer(), [clusterPolicy()]);
  const changed = clusterPolicy({ failurePolicy: 'Ignore', timeoutSeconds: 20, objectSelector: { matchLabels: { a: 'b' } }, matchConditions: [{ name: 'a', expression: 'true' }] });
  assert.is(serverConfiguration(policyServer(), [changed]).hash, hash);
});

configurations('the hash is the beginning of SHA-256', () => assert.is(configHash('abc'), 'ba7816bf8f01cfea414140de5dae2223'));

configurations('canonical JSON sorts keys at every depth and keeps one named __proto__', () => {
  assert.is(canonicalJson({ b: [{ d: 1, c: 2 }], a: undefined }), '{"b":[{"c":2,"d":1}]}');
  assert.is(canonicalJson(JSON.parse('{"z":1,"__proto__":{"a":1}}')), '{"__proto__":{"a":1},"z":1}');
});

const large = (name: string, kibibytes: number): ReturnType<typeof clusterPolicy> => clusterPolicy({ settings: { text: 'x'.repeat(kibibytes * 1024) } }, { name });

configurations('a configuration of 900 KiB can be stored, a larger one names its largest policies', () => {
  assert.is(sizeProblem(serverConfiguration(policyServer(), [large('a', 890)])), undefined);
  const problem = sizeProblem(serverConfiguration(policyServer(), [large('small', 1), large('middle', 100), large('big', 500), large('bigger', 600)])) ?? '';
  assert.match(problem, /has 1202 KiB, and at most 900 KiB can be stored/);
  assert.match(problem, /the largest policies are clusterwide-bigger \(601 KiB\), clusterwide-big \(501 KiB\), clusterwide-middle \(101 KiB\)\./);
  assert.not.match(problem, /small/);
});

configurations('the size is counted in bytes, not characters', () => {
  assert.ok(sizeProblem(serverConfiguration(policyServer(), [clusterPolicy({ settings: { text: 'ä'.repeat(500 * 1024) } })])) !== undefined);
});

configurations('the ConfigMaps: an immutable one by version, and the readable copy', () => {
  const server = policyServer();
  const configuration = serverConfiguration(server, [clusterPolicy()]);
  assertGolden('config-map.versioned', versionedConfigMap(server, configuration, namespace));
  assertGolden('config-map.readable', readableConfigMap(server, configuration, namespace));
});

configurations.run();
