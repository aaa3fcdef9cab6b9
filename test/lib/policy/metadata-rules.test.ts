// What makes metadata fit for publishing (contract 3.2).
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { metadataProblems } from '../../../lib/policy/metadata-rules.js';
import { parseMetadata } from '../../../lib/policy/metadata.js';

const rules = suite('policy/metadata-rules');

const pods = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] };

function problemsOf(changes: Readonly<Record<string, unknown>>): readonly string[] {
  return metadataProblems(parseMetadata({ protocolVersion: 'v1', rules: [pods], mutating: false, ...changes }));
}

/** The problems of one rule, without the words that say which. */
function ruleProblems(changes: Readonly<Record<string, readonly string[]>>): readonly string[] {
  return problemsOf({ rules: [{ ...pods, ...changes }] }).map((problem) => problem.replace(/^rules\[0\]: /, ''));
}

rules('proper metadata has no problem', () => assert.equal(problemsOf({}), []));
rules('no rules at all are in order', () => assert.equal(problemsOf({ rules: [] }), []));

rules('the protocol version must be set', () => assert.equal(problemsOf({ protocolVersion: null }), ['protocolVersion must be set']));
rules('an unknown protocol version is not fit for waPC, but for other modes', () => {
  assert.equal(problemsOf({ protocolVersion: 'Unknown' }), ['Must specify a valid protocol version']);
  assert.equal(problemsOf({ protocolVersion: 'Unknown', executionMode: 'opa' }), []);
});

for (const list of ['apiGroups', 'apiVersions', 'resources', 'operations']) {
  rules(`${list} must not be empty`, () => assert.equal(ruleProblems({ [list]: [] }), [`${list} must hold at least one item`]));
}
for (const list of ['apiGroups', 'apiVersions', 'operations']) {
  const other = list === 'operations' ? 'CREATE' : 'x';
  rules(`'*' must be alone in ${list}, whatever the order`, () => {
    const problem = [`${list}: No other elements can be defined when '*' is used`];
    assert.equal(ruleProblems({ [list]: ['*', other] }), problem);
    assert.equal(ruleProblems({ [list]: [other, '*'] }), problem);
    assert.equal(ruleProblems({ [list]: ['*'] }), []);
  });
}

const resources: readonly (readonly [string, readonly string[], readonly string[]])[] = [
  ['several plain resources are in order', ['pods', 'deployments'], []],
  ['a subresource beside its resource is in order', ['pods', 'pods/status'], []],
  ['everything alone is in order', ['*'], []],
  ['everything with subresources alone is in order', ['*/*'], []],
  ['everything beside subresources is in order', ['*', 'pods/status'], []],
  ['an empty resource is not allowed', [''], ['empty resource is not allowed']],
  ["a resource beside '*', after it", ['*', 'pods'], ["if '*' is present, must not specify other resources without subresources"]],
  ["a resource beside '*', before it", ['pods', '*'], ["if '*' is present, must not specify other resources without subresources"]],
  ["anything beside '*/*', after it", ['*/*', 'pods'], ["if '*/*' is present, must not specify other resources"]],
  ["anything beside '*/*', before it", ['pods', '*/*'], ["if '*/*' is present, must not specify other resources"]],
  ['a subresource beside all of them, after it', ['pods/*', 'pods/status'], ["if 'pods/*' is present, must not specify pods/status"]],
  ['a subresource beside all of them, before it', ['pods/status', 'pods/*'], ["if 'pods/*' is present, must not specify pods/status"]],
  ['a subresource beside that of every resource', ['*/status', 'pods/status'], ["if '*/status' is present, must not specify pods/status"]],
  ['a subresource of a subresource counts as one', ['pods/a/b', '*/a/b'], ["if '*/a/b' is present, must not specify pods/a/b"]],
  ["another resource's subresources do not matter", ['pods/*', 'deployments/status'], []],
];
for (const [title, given, expected] of resources) rules(title, () => assert.equal(ruleProblems({ resources: given }), expected));

rules('the rule is named by its index', () => {
  assert.equal(problemsOf({ rules: [pods, { ...pods, resources: [] }] }), ['rules[1]: resources must hold at least one item']);
});

rules('context-aware resources must be complete', () => {
  assert.equal(problemsOf({ contextAwareResources: [{ apiVersion: '', kind: 'Pod' }, { apiVersion: 'v1', kind: '' }, { apiVersion: 'v1', kind: 'Pod' }] }), [
    'contextAwareResources: apiVersion and kind must not be empty',
    'contextAwareResources: apiVersion and kind must not be empty',
  ]);
});

rules('all problems are told at once', () => {
  assert.is(problemsOf({ protocolVersion: null, rules: [{ apiGroups: [], apiVersions: [], resources: [], operations: [] }] }).length, 5);
});

rules.run();
