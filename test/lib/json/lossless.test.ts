import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { JsonNumber } from '../../../lib/json/json-number.js';
import { formatLossless, isList, isMap, maxNesting, parseLossless, sameValue, type Lossless } from '../../../lib/json/lossless.js';
import { faultOf } from '../../support/fault-of.js';
import { jsonTexts } from '../../support/json-texts.js';

const lossless = suite('json/lossless');
const again = (text: string): string => formatLossless(parseLossless(text));

const formatted: readonly (readonly [string, string, string])[] = [
  ['numbers as they were written', '[1.0, 1e3, -0, 18446744073709551615, 0.10, 1E+2]', '[1.0,1e3,-0,18446744073709551615,0.10,1E+2]'],
  ['keys in order, at every level', '{"b": {"d": 1, "c": 2}, "a": []}', '{"a":[],"b":{"c":2,"d":1}}'],
  ['keys in the order of UTF-8, not of UTF-16', '{"\u{10000}":1,"\uffff":2}', '{"\uffff":2,"\u{10000}":1}'],
  ['numeric keys as text', '{"10":1,"9":2}', '{"10":1,"9":2}'],
  ['a __proto__ key as a key', '{"a":1,"__proto__":{"b":2}}', '{"__proto__":{"b":2},"a":1}'],
  ['the last of duplicate keys', '{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
  ['the shortest escapes', String.raw`"\u0041\/\u000a\u0001\u007f\u2028"`, '"A/\\n\\u0001\u007f\u2028"'],
  ['empty things', ' { "" : [ { } , [ ] , "" ] } ', '{"":[{},[],""]}'],
];
for (const [title, text, expected] of formatted) {
  lossless(`writes ${title}`, () => {
    assert.is(again(text), expected);
  });
}

lossless('objects are maps, numbers objects, the rest plain values', () => {
  const value = parseLossless('{"a":[1,"x",true,false,null]}');
  assert.ok(isMap(value));
  assert.equal(isMap(value) && value.get('a'), [new JsonNumber('1'), 'x', true, false, null]);
  assert.not(isList(value));
});

lossless('reads as deep as asked, and fails at the next level', () => {
  assert.is(again('{"a":[]}'), '{"a":[]}');
  assert.is(faultOf(() => parseLossless('{"a":[]}', { maxDepth: 1 })).code, 'JSON_TOO_DEEP');
  const deepest = `${'[{"a":'.repeat(63)}[]${'}]'.repeat(63)}`;
  assert.is(maxNesting, 127);
  assert.is(again(deepest), deepest);
});

const pairs: readonly (readonly [string, string, string, boolean])[] = [
  ['objects with another order of keys', '{"a":1,"b":[2]}', '{"b":[2],"a":1}', true],
  ['an integer and a double', '[1]', '[1.0]', false],
  ['arrays of different order', '[1,2]', '[2,1]', false],
  ['an array and its beginning', '[1,2]', '[1]', false],
  ['an object and one with a member more', '{"a":1}', '{"a":1,"b":null}', false],
  ['objects with different keys', '{"a":null}', '{"b":null}', false],
  ['an empty array and an empty object', '[]', '{}', false],
  ['null and an empty object', 'null', '{}', false],
  ['a number and its text', '1', '"1"', false],
  ['null and false', 'null', 'false', false],
  ['equal strings', '"a"', String.raw`"\u0061"`, true],
];
for (const [title, a, b, same] of pairs) {
  lossless(`${same ? 'equal' : 'different'}: ${title}`, () => {
    assert.is(sameValue(parseLossless(a), parseLossless(b)), same);
    assert.is(sameValue(parseLossless(b), parseLossless(a)), same);
  });
}

/** The document as JSON.parse would have made it. */
function plain(value: Lossless): unknown {
  if (value instanceof JsonNumber) return Number(value.text);
  if (isList(value)) return value.map(plain);
  if (isMap(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value;
}

/** JSON text that does not depend on the order of members. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) =>
    typeof item === 'object' && item !== null && !Array.isArray(item) ? Object.fromEntries(Object.entries(item).sort()) : item,
  );
}

lossless('means what JSON.parse says, before and after writing', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const value = parseLossless(text);
      const expected = ordered(JSON.parse(text));
      assert.is(ordered(plain(value)), expected);
      assert.is(ordered(JSON.parse(formatLossless(value))), expected);
    }),
    { seed: 41, numRuns: 500 },
  );
});

lossless('what was written reads back equal and is written the same again', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      const value = parseLossless(text);
      const written = formatLossless(value);
      assert.ok(sameValue(parseLossless(written), value));
      assert.is(again(written), written);
    }),
    { seed: 42, numRuns: 500 },
  );
});

lossless('every number of the source stands in what is written', () => {
  const number = fc.tuple(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), fc.constantFrom('', '.0', '.50', 'e1', 'E-2', '.25e+3')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(number), (texts) => {
      assert.is(again(`[${texts.join(' , ')}]`), `[${texts.join(',')}]`);
    }),
    { seed: 43, numRuns: 300 },
  );
});

lossless.run();
