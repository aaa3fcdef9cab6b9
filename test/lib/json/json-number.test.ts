import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { JsonNumber, sameNumber } from '../../../lib/json/json-number.js';

const numbers = suite('json/json-number');
const same = (a: string, b: string): boolean => sameNumber(new JsonNumber(a), new JsonNumber(b));

const equal: readonly (readonly [string, string, string])[] = [
  ['an integer and itself', '42', '42'],
  ['two spellings of a double', '1.0', '1e0'],
  ['exponents of either case and sign', '100.0', '1E+2'],
  ['zero and negative zero as doubles', '0.0', '-0'],
  ['integers beyond 64 bits that are one double', '18446744073709551616', '18446744073709551617'],
  ['an integer beyond 64 bits and its double', '18446744073709551616', '1.8446744073709551616e19'],
  ['negative integers beyond 64 bits that are one double', '-9223372036854775809', '-9223372036854775810'],
  ['decimals that round to one double', '0.1', '0.1000000000000000055'],
];
for (const [title, a, b] of equal) {
  numbers(`equal: ${title}`, () => {
    assert.ok(same(a, b));
    assert.ok(same(b, a));
  });
}

const different: readonly (readonly [string, string, string])[] = [
  ['an integer and the double of its value', '1', '1.0'],
  ['zero and negative zero, which is a double', '0', '-0'],
  ['neighbours beyond 2^53', '9007199254740992', '9007199254740993'],
  ['the largest unsigned 64-bit integer and its neighbour', '18446744073709551615', '18446744073709551614'],
  ['the largest unsigned 64-bit integer and the double next to it', '18446744073709551615', '18446744073709551616'],
  ['the smallest signed 64-bit integer and the double next to it', '-9223372036854775808', '-9223372036854775809'],
  ['the smallest signed 64-bit integers', '-9223372036854775808', '-9223372036854775807'],
  ['different doubles', '0.1', '0.2'],
];
for (const [title, a, b] of different) {
  numbers(`different: ${title}`, () => {
    assert.not(same(a, b));
    assert.not(same(b, a));
  });
}

numbers('comparing a million digits is no work for BigInt', () => {
  assert.not(same('1'.repeat(1_000_000), '2.5'));
});

numbers.run();
