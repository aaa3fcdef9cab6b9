import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { type FieldRequirement, formatFieldSelector, matchesFields, parseFieldSelector } from '../../../lib/kubernetes/field-selector.js';
import { faultOf } from '../../support/fault-of.js';

const fields = suite('kubernetes/field-selector');

const read: readonly [text: string, expected: readonly FieldRequirement[]][] = [
  ['', []],
  [',', []],
  ['metadata.name=a', [{ kind: 'equal', field: 'metadata.name', value: 'a' }]],
  ['metadata.name==a', [{ kind: 'equal', field: 'metadata.name', value: 'a' }]],
  ['a!=b,c=', [{ kind: 'not-equal', field: 'a', value: 'b' }, { kind: 'equal', field: 'c', value: '' }]],
  [String.raw`a=b\,c\=d\\`, [{ kind: 'equal', field: 'a', value: String.raw`b,c=d\ `.trim() }]],
];

for (const [text, expected] of read) fields(`'${text}' is read`, () => assert.equal(parseFieldSelector(text), expected));

for (const text of ['a', '=a', 'a=b=c', String.raw`a=b\c`, String.raw`a=b\ `.trim(), 'a!b']) {
  fields(`'${text}' is refused`, () => {
    const fault = faultOf(() => parseFieldSelector(text));
    assert.is(fault.code, 'KUBERNETES_SELECTOR_INVALID');
    assert.match(fault.message, /is not of the form field=value or field!=value/);
  });
}

fields('a text beyond 64 Ki characters is refused unread', () => {
  assert.match(faultOf(() => parseFieldSelector('a'.repeat(65537))).message, /it has 65537 characters/);
});

fields('what is written is read back the same', () => {
  const requirement = fc.record({
    kind: fc.constantFrom('equal' as const, 'not-equal' as const),
    field: fc.stringMatching(/^[a-z.]{1,10}$/),
    value: fc.string({ unit: fc.constantFrom('a', 'b', ',', '=', '\\', '!', '\n', ' ', 'ü'), maxLength: 10 }),
  }, { noNullPrototype: true });
  fc.assert(fc.property(fc.array(requirement, { maxLength: 4 }), (selector) => assert.equal(parseFieldSelector(formatFieldSelector(selector)), selector)), { seed: 7, numRuns: 500 });
});

fields('an absent field is an empty one', () => {
  assert.ok(matchesFields(parseFieldSelector('a=,b!=x'), {}));
  assert.not(matchesFields(parseFieldSelector('a!='), {}));
  assert.not(matchesFields(parseFieldSelector('toString!='), {}));
  assert.ok(matchesFields(parseFieldSelector('a=x,b!=y'), { a: 'x', b: 'z' }));
});

fields.run();
