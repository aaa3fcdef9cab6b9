import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { compareKeys, sortedKeys } from '../../../lib/json/key-order.js';

const order = suite('json/key-order');
const encoder = new TextEncoder();

/** The order of the bytes themselves. */
function compareBytes(a: string, b: string): number {
  const [left, right] = [encoder.encode(a), encoder.encode(b)];
  for (let index = 0; index < Math.min(left.length, right.length); index += 1) {
    const difference = (left[index] ?? 0) - (right[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}

order('a prefix comes first, capitals before small letters', () => {
  const map = new Map(['b', 'aa', 'a', 'B', ''].map((key) => [key, 0]));
  assert.equal(sortedKeys(map), ['', 'B', 'a', 'aa', 'b']);
});

order('characters beyond the basic plane come last, where UTF-16 would put them before U+E000', () => {
  const keys = ['\u{10000}', '\uffff', '\ue000', '\ud7ff'];
  assert.equal([...keys].sort(compareKeys), ['\ud7ff', '\ue000', '\uffff', '\u{10000}']);
  assert.not.equal([...keys].sort(), ['\ud7ff', '\ue000', '\uffff', '\u{10000}']);
});

order('agrees with the order of UTF-8 bytes', () => {
  const unit = fc.constantFrom('a', 'é', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}');
  const key = fc.oneof(fc.string({ unit, maxLength: 4 }), fc.string({ unit: 'binary', maxLength: 4 }));
  fc.assert(
    fc.property(key, key, (a, b) => {
      assert.is(Math.sign(compareKeys(a, b)), Math.sign(compareBytes(a, b)));
    }),
    { seed: 31, numRuns: 2000 },
  );
});

order.run();
