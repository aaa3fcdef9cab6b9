import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { isFault } from '../../../lib/fault.js';
import type { LabelRequirement } from '../../../lib/kubernetes/selector.js';
import { formatSelector, parseSelector } from '../../../lib/kubernetes/selector-text.js';
import { faultOf } from '../../support/fault-of.js';

const texts = suite('kubernetes/selector-text');

const read: readonly [text: string, expected: readonly LabelRequirement[]][] = [
  ['', []],
  ['  ', []],
  ['a', [{ kind: 'exists', key: 'a' }]],
  [' ! a ', [{ kind: 'not-exists', key: 'a' }]],
  ['a=b', [{ kind: 'in', key: 'a', values: ['b'] }]],
  ['a == b', [{ kind: 'in', key: 'a', values: ['b'] }]],
  ['a=', [{ kind: 'in', key: 'a', values: [''] }]],
  ['a=,b', [{ kind: 'in', key: 'a', values: [''] }, { kind: 'exists', key: 'b' }]],
  ['a!=b', [{ kind: 'not-in', key: 'a', values: ['b'] }]],
  ['a!=', [{ kind: 'not-in', key: 'a', values: [''] }]],
  ['a in (c,b,c)', [{ kind: 'in', key: 'a', values: ['b', 'c'] }]],
  ['a notin(b)', [{ kind: 'not-in', key: 'a', values: ['b'] }]],
  ['a in ()', [{ kind: 'in', key: 'a', values: [''] }]],
  ['a in (b,)', [{ kind: 'in', key: 'a', values: ['', 'b'] }]],
  ['a in (,b)', [{ kind: 'in', key: 'a', values: ['', 'b'] }]],
  ['in in (in,notin)', [{ kind: 'in', key: 'in', values: ['in', 'notin'] }]],
  ['notin=in', [{ kind: 'in', key: 'notin', values: ['in'] }]],
  ['a>1', [{ kind: 'greater-than', key: 'a', value: 1n }]],
  ['a < 07', [{ kind: 'less-than', key: 'a', value: 7n }]],
  ['example.com/a=b,!c', [{ kind: 'in', key: 'example.com/a', values: ['b'] }, { kind: 'not-exists', key: 'c' }]],
];

for (const [text, expected] of read) texts(`'${text}' is read`, () => assert.equal(parseSelector(text), expected));

const refused: readonly [text: string, message: string][] = [
  [',', "found ',' where a key belongs"],
  ['a,', 'found its end where a key belongs'],
  ['a,,b', "found ',' where a key belongs"],
  ['!', 'found its end where a key belongs'],
  ['=a', "found '=' where a key belongs"],
  ['a b', "found 'b' where an operator belongs"],
  ['a=b c', "found 'c' where ',' or the end belongs"],
  ['a in b', "found 'b' where '(' belongs"],
  ['a in (b', "found its end where ',' or ')' belongs"],
  ['a in (b c)', "found 'c' where ',' or ')' belongs"],
  ['a===b', "found '=' where a value belongs"],
  ['a>b', '"b" is no integer of 64 bits'],
  ['a>-1', '"-1" is no integer of 64 bits'],
  ['a>', 'found its end where an integer belongs'],
  ['a=b)', "found ')' where ',' or the end belongs"],
  ['a=b@c', '"b@c" cannot be the value of a label'],
  ['@=a', '"@" cannot be the key of a label'],
];

for (const [text, found] of refused) {
  texts(`'${text}' is refused`, () => {
    const fault = faultOf(() => parseSelector(text));
    assert.is(fault.code, 'KUBERNETES_SELECTOR_INVALID');
    assert.is(fault.message, `cannot read the selector: ${found}`);
  });
}

texts('a text beyond 64 Ki characters is refused unread', () => {
  assert.match(faultOf(() => parseSelector(`${'a,'.repeat(32 * 1024)}a`)).message, /it has 65537 characters/);
});

const word = fc.stringMatching(/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,20}[A-Za-z0-9])?$/);
const values = fc.uniqueArray(fc.oneof(word, fc.constant('')), { minLength: 1, maxLength: 4 }).map((list) => [...list].sort());
const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
  fc.record({ kind: fc.constantFrom('in' as const, 'not-in' as const), key: word, values }, { noNullPrototype: true }),
  fc.record({ kind: fc.constantFrom('exists' as const, 'not-exists' as const), key: word }, { noNullPrototype: true }),
  fc.record({ kind: fc.constantFrom('greater-than' as const, 'less-than' as const), key: word, value: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }) }, { noNullPrototype: true }),
);

texts('what is written is read back the same', () => {
  fc.assert(fc.property(fc.array(requirement, { maxLength: 5 }), (selector) => assert.equal(parseSelector(formatSelector(selector)), selector)), { seed: 7, numRuns: 500 });
});

texts('any text is read or refused', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '!', '=', '<', '>', '(', ')', ',', '.', ' ', 'in', '\t', '"'), maxLength: 24 });
  fc.assert(
    fc.property(text, (given) => {
      try {
        parseSelector(given);
      } catch (error) {
        if (!isFault(error, 'KUBERNETES_SELECTOR_INVALID')) throw error;
      }
    }),
    { seed: 7, numRuns: 3000 },
  );
});

texts.run();
