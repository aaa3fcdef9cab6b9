import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Cursor } from '../../../lib/wasm/cursor.js';
import { encodeExtent, readExtent } from '../../../lib/wasm/extent.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes } from '../../support/module-bytes.js';

const extent = suite('wasm/extent');

extent('reads a size with and without a maximum', () => {
  assert.equal(readExtent(new Cursor(bytes(0, 2), 'the test'), 'memory'), { initial: 2 });
  assert.equal(readExtent(new Cursor(bytes(1, 2, 0x80, 0x02), 'the test'), 'table'), { initial: 2, maximum: 256 });
});

const refused: readonly (readonly [string, readonly number[], string, string])[] = [
  ['a shared memory', [3, 1, 1], 'WASM_UNSUPPORTED', 'its memory is shared between threads'],
  ['a memory with 64-bit addresses', [4, 1], 'WASM_UNSUPPORTED', 'its memory has 64-bit addresses'],
  ['a shared memory with 64-bit addresses', [7, 1, 1], 'WASM_UNSUPPORTED', 'its memory has 64-bit addresses'],
  ['a memory with pages of another size', [8, 1, 0], 'WASM_MALFORMED', 'the test holds a memory with the unknown flags 0x8'],
  ['flags that do not exist', [0x80, 1], 'WASM_MALFORMED', 'the test holds a memory with the unknown flags 0x80'],
  ['a maximum below the initial size', [1, 3, 2], 'WASM_MALFORMED', 'the test holds a memory whose maximum 2 lies below its initial size 3'],
  ['a size cut off', [1, 3], 'WASM_TRUNCATED', 'the test ends in the middle of an entry'],
];
for (const [title, values, code, message] of refused) {
  extent(`refuses ${title}`, () => {
    const fault = faultOf(() => readExtent(new Cursor(bytes(...values), 'the test'), 'memory'));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

extent('what was written reads back', () => {
  const size = fc.integer({ min: 0, max: 0xffffffff });
  fc.assert(
    fc.property(size, size, (a, b) => {
      const [initial, maximum] = [Math.min(a, b), Math.max(a, b)];
      assert.equal(readExtent(new Cursor(encodeExtent(initial, maximum), 'the test'), 'memory'), { initial, maximum });
    }),
    { seed: 81, numRuns: 300 },
  );
});

extent.run();
