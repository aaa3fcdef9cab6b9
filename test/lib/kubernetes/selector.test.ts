import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { isInteger, isLabelKey, isLabelValue, type LabelSelectorObject, matchesLabels, parseSelectorObject } from '../../../lib/kubernetes/selector.js';
import { parseSelector } from '../../../lib/kubernetes/selector-text.js';
import { faultOf } from '../../support/fault-of.js';

const selectors = suite('kubernetes/selector');

const matches: readonly [selector: string, labels: Record<string, string> | undefined, expected: boolean][] = [
  ['', undefined, true],
  ['', { a: 'b' }, true],
  ['a=b', { a: 'b' }, true],
  ['a=b', { a: 'c' }, false],
  ['a=b', undefined, false],
  ['a=', { a: '' }, true],
  ['a=', {}, false],
  ['a!=b', { a: 'c' }, true],
  ['a!=b', {}, true],
  ['a!=b', { a: 'b' }, false],
  ['a in (b,c)', { a: 'c' }, true],
  ['a in (b,c)', {}, false],
  ['a notin (b,c)', { a: 'c' }, false],
  ['a notin (b,c)', {}, true],
  ['a', { a: '' }, true],
  ['a', {}, false],
  ['!a', {}, true],
  ['!a', { a: 'b' }, false],
  ['a>5', { a: '6' }, true],
  ['a>5', { a: '5' }, false],
  ['a>5', { a: 'x' }, false],
  ['a>5', {}, false],
  ['a<5', { a: '04' }, true],
  ['a<9223372036854775807', { a: '9223372036854775806' }, true],
  ['a>9007199254740992', { a: '9007199254740993' }, true],
  ['a=b,c=d', { a: 'b', c: 'd' }, true],
  ['a=b,c=d', { a: 'b' }, false],
  ['toString', {}, false],
  ['!constructor', {}, true],
];

for (const [selector, labels, expected] of matches) {
  selectors(`'${selector}' ${expected ? 'selects' : 'does not select'} ${JSON.stringify(labels)}`, () => assert.is(matchesLabels(parseSelector(selector), labels), expected));
}

selectors('the object form demands all of its labels and expressions', () => {
  const selector = parseSelectorObject({
    matchLabels: { app: 'web' },
    matchExpressions: [
      { key: 'tier', operator: 'In', values: ['front', 'back'] },
      { key: 'stage', operator: 'NotIn', values: ['test'] },
      { key: 'owner', operator: 'Exists' },
      { key: 'legacy', operator: 'DoesNotExist', values: [] },
    ],
  });
  const labels = { app: 'web', tier: 'front', owner: 'me' };
  assert.ok(matchesLabels(selector, labels));
  for (const wrong of [{ app: 'db' }, { tier: 'x' }, { stage: 'test' }, { legacy: '' }]) assert.not(matchesLabels(selector, { ...labels, ...wrong }), JSON.stringify(wrong));
});

selectors('an empty object form selects everything', () => assert.ok(matchesLabels(parseSelectorObject({}), {})));

const refused: readonly [title: string, selector: LabelSelectorObject, message: RegExp][] = [
  ['an operator that does not exist', { matchExpressions: [{ key: 'a', operator: 'in', values: ['b'] }] }, /"in" is no operator/],
  ['In without values', { matchExpressions: [{ key: 'a', operator: 'In' }] }, /operator In of "a" needs values/],
  ['Exists with values', { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }, /takes no values/],
  ['a key that cannot be one', { matchLabels: { 'a b': 'c' } }, /"a b" cannot be the key/],
  ['a value that cannot be one', { matchLabels: { a: 'b c' } }, /"b c" cannot be the value/],
];

for (const [title, selector, message] of refused) {
  selectors(`the object form refuses ${title}`, () => {
    const fault = faultOf(() => parseSelectorObject(selector));
    assert.is(fault.code, 'KUBERNETES_SELECTOR_INVALID');
    assert.match(fault.message, message);
  });
}

const keys: readonly [key: string, valid: boolean][] = [
  ['a', true],
  ['a.b_c-d', true],
  ['example.com/a', true],
  ['a'.repeat(63), true],
  ['a'.repeat(64), false],
  [`${'a'.repeat(253)}/b`, true],
  [`${'a'.repeat(254)}/b`, false],
  ['', false],
  ['-a', false],
  ['a-', false],
  ['/a', false],
  ['example.com/', false],
  ['Example.com/a', false],
  ['a/b/c', false],
];

for (const [key, valid] of keys) selectors(`${key.slice(0, 20)} (${key.length}) ${valid ? 'can' : 'cannot'} be a key`, () => assert.is(isLabelKey(key), valid));

selectors('a value may be empty and has up to 63 characters', () => {
  for (const [value, valid] of [['', true], ['a'.repeat(63), true], ['a'.repeat(64), false], ['a b', false], ['-', false]] as const) assert.is(isLabelValue(value), valid, value);
});

selectors('an integer has up to 64 bits', () => {
  for (const [text, valid] of [['0', true], ['9223372036854775807', true], ['9223372036854775808', false], ['-1', false], ['+1', false], ['1.5', false], ['', false], [undefined, false]] as const) assert.is(isInteger(text), valid, text);
});

selectors.run();
