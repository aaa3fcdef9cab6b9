// Settings as the guest gets them.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { encodeSettings } from '../../../lib/policy/settings.js';
import { faultOf } from '../../support/fault-of.js';

const settings = suite('policy/settings');

const written = (value: unknown): string => new TextDecoder().decode(encodeSettings({ value })).slice('{"value":'.length, -1);

/** A value within so many arrays. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

const cases: readonly (readonly [string, unknown, string])[] = [
  ['null', null, 'null'],
  ['nothing in a list', [undefined, 1], '[null,1]'],
  ['a text beyond ASCII', 'größe "☃"\n', String.raw`"größe \"☃\"\n"`],
  ['a number', 1.5, '1.5'],
  ['an unsigned integer that no number holds', 18446744073709551615n, '18446744073709551615'],
  ['a negative one', -9223372036854775808n, '-9223372036854775808'],
  ['integers inside', { list: [1n, { n: 2n }] }, '{"list":[1,{"n":2}]}'],
  ['keys in their order, without those that are undefined', { b: 1, a: undefined, c: true }, '{"b":1,"c":true}'],
  ['a key __proto__', JSON.parse('{"__proto__":{"x":1}}'), '{"__proto__":{"x":1}}'],
  ['a hole in a list', [1, , 2], '[1,null,2]'],
  ['as many levels as a policy reads', nested(125), `${'['.repeat(125)}1${']'.repeat(125)}`],
  ['an object without prototype', Object.create(null), '{}'],
];
for (const [title, value, expected] of cases) settings(`${title} is written`, () => assert.is(written(value), expected));

settings('no settings are an object', () => assert.is(new TextDecoder().decode(encodeSettings({})), '{}'));

const cyclic: Record<string, unknown> = {};
cyclic['self'] = cyclic;

const unwritable: readonly (readonly [string, unknown, RegExp])[] = [
  ['a cycle', cyclic, /they are nested more than 126 levels deep/],
  ['a level more than a policy reads', nested(126), /they are nested more than 126 levels deep/],
  ['a hundred thousand levels', nested(100_000), /they are nested more than 126 levels deep/],
  ['half a surrogate pair in a text', ['\ud800'], /half a surrogate pair/],
  ['half a surrogate pair in a key', { '\udc00': 1 }, /half a surrogate pair/],
  ['a function', () => 1, /JSON has no function/],
  ['a symbol', Symbol('x'), /JSON has no symbol/],
  ['not a number', Number.NaN, /JSON has no number NaN/],
  ['an infinite number', [Number.POSITIVE_INFINITY], /JSON has no number Infinity/],
  ['a date', new Date(0), /JSON has no Date/],
  ['a map', new Map([['a', 1]]), /JSON has no Map/],
];
for (const [title, value, message] of unwritable) {
  settings(`${title} is refused`, () => {
    const fault = faultOf(() => encodeSettings({ value }));
    assert.is(fault.code, 'POLICIES_INVALID');
    assert.match(fault.message, /^could not marshal settings: /);
    assert.match(fault.message, message);
  });
}

settings('whatever JSON.stringify writes of a JSON value is what is written', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (value) => {
      assert.is(new TextDecoder().decode(encodeSettings(value)), JSON.stringify(value));
    }),
    { seed: 20_240_610, numRuns: 300 },
  );
});

settings('ten megabytes are written', () => {
  assert.is(written('x'.repeat(10 * 1024 * 1024)).length, 10 * 1024 * 1024 + 2);
});

settings.run();
