// The schema of policies.yml: every key, its default, and the words for what is wrong.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parsePolicyDefinition, parsePolicyDefinitions } from '../../../lib/policy/definition.js';
import { parsePolicyName } from '../../../lib/policy/identity.js';
import { faultOf } from '../../support/fault-of.js';

const definition = suite('policy/definition');

const definedMembers = (value: object): object => Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));

definition('everything but the module has a default', () => {
  assert.equal(parsePolicyDefinition({ module: 'file:///policy.wasm' }), {
    module: 'file:///policy.wasm',
    policyMode: 'protect',
    allowedToMutate: false,
    settings: {},
    contextAwareResources: [],
    hostCapabilities: [],
  });
});

definition('every key is read', () => {
  const full = {
    module: 'registry://ghcr.io/kubewarden/policies/pod-privileged:v0.2.2',
    policyMode: 'monitor',
    allowedToMutate: true,
    settings: { a: [1, { b: null }] },
    contextAwareResources: [{ apiVersion: 'v1', kind: 'Namespace' }],
    message: 'talk to the platform team',
    timeoutEvalSeconds: 5,
    hostCapabilities: ['oci/*', 'kubernetes/can_i'],
  };
  assert.equal(parsePolicyDefinition(full), full);
});

definition('what the controller writes besides is passed over', () => {
  assert.is(parsePolicyDefinition({ module: 'm', namespacedName: { Namespace: '', Name: 'x' }, expression: 'a()' }).module, 'm');
});

definition('null stands for the default where the reference takes it so', () => {
  const nulls = parsePolicyDefinition({ module: 'm', allowedToMutate: null, settings: null, message: null, timeoutEvalSeconds: null });
  assert.equal(definedMembers(nulls), parsePolicyDefinition({ module: 'm' }));
});

definition('an empty message is a message, and no seconds are a limit', () => {
  const { message, timeoutEvalSeconds } = parsePolicyDefinition({ module: 'm', message: '', timeoutEvalSeconds: 0 });
  assert.equal([message, timeoutEvalSeconds], ['', 0]);
});

const invalid: readonly (readonly [string, unknown, string])[] = [
  ['an entry without module', {}, 'missing field `module`'],
  ['an entry that is null', null, 'expected object, received null'],
  ['an entry that is a text', 'module', 'expected object, received string'],
  ['an entry that is a list', [], 'expected object, received array'],
  ['a module that is no text', { module: 7 }, 'module: expected string, received number'],
  ['an empty module', { module: '' }, 'module: a module URL must not be empty'],
  ['an unknown mode', { module: 'm', policyMode: 'audit' }, 'policyMode: Invalid option: expected one of "protect"|"monitor"'],
  ['a mode in upper case', { module: 'm', policyMode: 'Protect' }, 'policyMode: Invalid option: expected one of "protect"|"monitor"'],
  ['a mode that is null', { module: 'm', policyMode: null }, 'policyMode: Invalid option: expected one of "protect"|"monitor"'],
  ['a text where a yes or no belongs', { module: 'm', allowedToMutate: 'true' }, 'allowedToMutate: expected boolean, received string'],
  ['settings that are a list', { module: 'm', settings: [] }, 'settings: Invalid settings in CRD, not an object'],
  ['settings that are a text', { module: 'm', settings: 'a: b' }, 'settings: Invalid settings in CRD, not an object'],
  ['settings that are a number', { module: 'm', settings: 0 }, 'settings: Invalid settings in CRD, not an object'],
  ['a message that is no text', { module: 'm', message: 1 }, 'message: expected string, received number'],
  ['a negative limit', { module: 'm', timeoutEvalSeconds: -1 }, 'timeoutEvalSeconds: Too small: expected number to be >=0'],
  ['a broken number of seconds', { module: 'm', timeoutEvalSeconds: 0.5 }, 'timeoutEvalSeconds: expected int, received number'],
  ['a limit as text', { module: 'm', timeoutEvalSeconds: '2s' }, 'timeoutEvalSeconds: expected number, received string'],
  ['capabilities that are no list', { module: 'm', hostCapabilities: '*' }, 'hostCapabilities: expected array, received string'],
  ['capabilities that are null', { module: 'm', hostCapabilities: null }, 'hostCapabilities: expected array, received null'],
  ['a capability that is no text', { module: 'm', hostCapabilities: [1] }, 'hostCapabilities.0: expected string, received number'],
  ['a resource without kind', { module: 'm', contextAwareResources: [{ apiVersion: 'v1' }] }, 'contextAwareResources.0: missing field `kind`'],
  ['resources that are no list', { module: 'm', contextAwareResources: {} }, 'contextAwareResources: expected array, received object'],
  ['a policy group, as long as there are none', { policies: {}, expression: 'true', message: 'm' }, 'policy groups are not supported yet; define each member as a policy of its own'],
];
for (const [title, entry, message] of invalid) {
  definition(`${title} is refused`, () => {
    const fault = faultOf(() => parsePolicyDefinition(entry));
    assert.is(fault.code, 'POLICIES_INVALID');
    assert.is(fault.message, message);
  });
}

definition('an entry with both module and policies is a plain policy', () => {
  assert.is(parsePolicyDefinition({ module: 'm', policies: {} }).module, 'm');
});

definition('all problems of an entry are told at once', () => {
  assert.is(
    faultOf(() => parsePolicyDefinition({ policyMode: 'x', settings: 1, timeoutEvalSeconds: -1 })).message,
    'missing field `module`; policyMode: Invalid option: expected one of "protect"|"monitor"; settings: Invalid settings in CRD, not an object; timeoutEvalSeconds: Too small: expected number to be >=0',
  );
});

definition('a document is read in its order', () => {
  const definitions = parsePolicyDefinitions({ zebra: { module: 'z' }, ant: { module: 'a' } });
  assert.equal([...definitions.keys()], ['zebra', 'ant']);
  assert.is(definitions.get(parsePolicyName('ant'))?.module, 'a');
});

for (const [title, document] of [['an empty document', undefined], ['null', null], ['an empty map', {}]] as const) {
  definition(`${title} defines no policy`, () => assert.is(parsePolicyDefinitions(document).size, 0));
}

for (const [title, document] of [['a list', []], ['a text', 'policies'], ['a number', 3]] as const) {
  definition(`${title} is no document`, () => {
    const fault = faultOf(() => parsePolicyDefinitions(document));
    assert.equal([fault.code, fault.message], ['POLICIES_INVALID', 'expected a map of policy names to policies']);
  });
}

definition('the problems of all policies are told at once, each under its name', () => {
  const fault = faultOf(() => parsePolicyDefinitions({ good: { module: 'm' }, bad: {}, 'a/b': { module: 'm' }, worse: { module: 1 }, '': { module: 'm' } }));
  assert.is(fault.code, 'POLICIES_INVALID');
  assert.equal(fault.context['problems'], [
    { path: 'bad', message: 'missing field `module`' },
    { path: 'a/b', message: "policy name 'a/b' contains a '/' character" },
    { path: 'worse', message: 'module: expected string, received number' },
    { path: '', message: 'Not a valid Policy ID: ' },
  ]);
  assert.is(
    fault.message,
    "bad: missing field `module`; a/b: policy name 'a/b' contains a '/' character; worse: module: expected string, received number; Not a valid Policy ID: ",
  );
});

definition('a policy named __proto__ is a policy', () => {
  const definitions = parsePolicyDefinitions(JSON.parse('{"__proto__":{"module":"m"}}'));
  assert.equal([...definitions.keys()], ['__proto__']);
});

definition('settings are the very object that was given, a key __proto__ included', () => {
  const settings: unknown = JSON.parse('{"b":1,"__proto__":{"x":1}}');
  assert.is(parsePolicyDefinition({ module: 'm', settings }).settings, settings);
});

definition('ten thousand policies are read', () => {
  const document = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`p${index}`, { module: 'm', settings: { index } }]));
  assert.is(parsePolicyDefinitions(document).size, 10_000);
});

definition.run();
