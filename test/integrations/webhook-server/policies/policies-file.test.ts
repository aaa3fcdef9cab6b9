import { readFileSync } from 'node:fs';

import { isFault } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { parsePoliciesFile } from '../../../../integrations/webhook-server/src/policies/policies-file.js';

const file = suite('webhook-server/policies/policies-file');
const settingsOf = (yaml: string): unknown => parsePoliciesFile(yaml, 'policies.yml').get('p' as never)?.settings;
const problemOf = (text: string): string => {
  try {
    parsePoliciesFile(text, 'policies.yml');
    return '';
  } catch (thrown) {
    assert.ok(isFault(thrown, 'POLICIES_INVALID'), String(thrown));
    return thrown.message;
  }
};

file('reads YAML and the JSON that the controller writes alike', () => {
  const yaml = 'a:\n  module: file:///a.wasm\n  settings:\n    x: [1, two]\nb:\n  module: file:///b.wasm\n';
  const json = JSON.stringify({ a: { module: 'file:///a.wasm', settings: { x: [1, 'two'] } }, b: { module: 'file:///b.wasm' } });
  assert.equal([...parsePoliciesFile(yaml, 'x')], [...parsePoliciesFile(json, 'x')]);
});

file('an empty file has no policies', () => assert.is(parsePoliciesFile('', 'x').size, 0));

file('words of YAML 1.1 are strings, as in the reference', () => {
  assert.equal(settingsOf('p:\n  module: m\n  settings: { a: yes, b: on, c: no, d: ~ }'), { a: 'yes', b: 'on', c: 'no', d: null });
});

file('tags of the core schema mean what they say', () => {
  assert.equal(settingsOf('p:\n  module: m\n  settings: !!map { a: !!str 5, b: !!int 5, c: !!bool true, d: !!seq [1], e: !!null ~ }'), { a: '5', b: 5, c: true, d: [1], e: null });
});

file('integers beyond 2^53 keep their digits', () => {
  assert.equal(settingsOf('p:\n  module: m\n  settings: { big: 9223372036854775807, small: 7 }'), { big: 9223372036854775807n, small: 7 });
});

const refused: readonly (readonly [string, string, string])[] = [
  ['what is no YAML', 'a: [', 'error while loading policies from "policies.yml": '],
  ['a list', '- a', 'error while loading policies from "policies.yml": expected a map of policy names to policies'],
  ['a name given twice', 'a:\n  module: m\na:\n  module: n', 'error while loading policies from "policies.yml": the key "a" appears twice in one map'],
  ['a setting given twice, in JSON too', '{"a":{"module":"m","settings":{"x":1,"x":2}}}', 'the key "x" appears twice in one map'],
  ['a key that is no text', 'a:\n  module: m\n  settings:\n    ? [1]\n    : 2', 'a key is no plain text'],
  ['a key that is null, which would be an empty one', 'a:\n  module: m\n  settings: { ~: 1, "": 2 }', 'a key is no plain text'],
  ['a set as settings, which would be none', 'a:\n  module: m\n  settings: !!set { x, y }', 'Unresolved tag: tag:yaml.org,2002:set at line 3, column 13'],
  ['a moment as a setting, which would be an empty object', 'a:\n  module: m\n  settings: { x: !!timestamp 2001-12-14 }', 'Unresolved tag: tag:yaml.org,2002:timestamp'],
  ['a tag that nobody knows', 'a: !Policy\n  module: m', 'Unresolved tag: !Policy'],
  ['a second document', 'a:\n  module: m\n---\nb:\n  module: m', 'error while loading policies from "policies.yml": it holds more than one document'],
  ['an alias of nothing', 'a: *b', 'its aliases cannot be resolved: Unresolved alias (the anchor must be set before the alias): b'],
  ['a number that JSON has no word for', 'a:\n  module: m\n  settings: { x: .inf }', 'Infinity is no number that JSON can hold'],
  ['nesting without end', `{"a":{"module":"m","settings":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}}`, 'error while loading policies from "policies.yml": it is nested more than 127 levels deep'],
  ['aliases that nest deeper than what is written', `a:\n  module: m\n  settings:\n${Array.from({ length: 70 }, (_, n) => `    k${n}: &k${n} [[${n === 0 ? '' : `*k${n - 1}`}]]`).join('\n')}`, 'it is nested more than 127 levels deep'],
  ['an alias of what it is in', 'a:\n  module: m\n  settings: &x { y: *x }', 'it is nested more than 127 levels deep'],
  ['thousands of aliases, which would take minutes', `a:\n  module: m\n  settings:\n    x: &x 1\n    y: [${'*x, '.repeat(20_000)}]`, 'it has more than 200 aliases'],
  ['a name with a slash', 'a/b:\n  module: m', "policy name 'a/b' contains a '/' character"],
  ['an entry without a module', 'a: {}', 'missing field `module`'],
  ['settings that are a list', 'a:\n  module: m\n  settings: [1]', 'Invalid settings in CRD, not an object'],
  ['a group, until groups are built', 'g:\n  expression: a()\n  message: m\n  policies: {}', 'policy groups are not supported yet'],
  ['aliases that expand without end', `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghij'.split('').map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefghij'[index] ?? ''}`).join(',')}]`).join('\n')}`, 'aliases'],
];
for (const [title, text, expected] of refused) file(`refuses ${title}`, () => assert.ok(problemOf(text).includes(expected), problemOf(text)));

for (const [title, deep] of [
  ['lists', (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`],
  ['maps', (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`],
  ['block lists', (depth: number) => `\n${Array.from({ length: depth }, (_, level) => `${' '.repeat(8 + level)}-`).join('\n')} 1`],
] as const) {
  file(`takes settings that nest ${title} as deep as a guest may be told, and refuses what is deeper`, () => {
    const text = (depth: number): string => `a:\n  module: m\n  settings:\n    x: ${deep(depth)}`;
    assert.is(parsePoliciesFile(text(100), 'x').size, 1);
    for (const depth of [128, 1000, 5000]) assert.match(problemOf(text(depth)), 'nested more than 127 levels deep');
  });
}

file('takes settings with many keys', () => {
  const settings = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key-${index}`, index]));
  assert.equal(settingsOf(JSON.stringify({ p: { module: 'm', settings } })), settings);
});

file('takes policies by any name, those of every object in JavaScript too', () => {
  const names = ['__proto__', 'constructor', 'toString'];
  assert.equal([...parsePoliciesFile(names.map((name) => `${name}: { module: m }`).join('\n'), 'x').keys()], names);
});

file('names every bad policy at once', () => {
  const problem = problemOf('a: {}\nb:\n  module: m\nc:\n  module: 3');
  assert.ok(problem.includes('a: ') && problem.includes('c: ') && !problem.includes('b: '), problem);
});

file('the example of the guide is read', () => {
  const [, yaml = ''] = /## policies\.yml[\s\S]*?```yaml\n([\s\S]*?)```/.exec(readFileSync('docs/policy-server.md', 'utf8')) ?? [];
  const policy = parsePoliciesFile(yaml, 'x').get('pod-privileged' as never);
  assert.equal([policy?.hostCapabilities, policy?.timeoutEvalSeconds], [['net/*'], 2]);
});

file.run();
