import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Cursor } from '../../../lib/wasm/cursor.js';
import { encodeS32, encodeU32, joinAll, joinBytes } from '../../../lib/wasm/leb128.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes } from '../../support/module-bytes.js';

const leb128 = suite('wasm/leb128');
const u32 = (...values: readonly number[]): number => new Cursor(bytes(...values), 'the test').u32();

const encodings: readonly (readonly [number, readonly number[]])[] = [
  [0, [0]],
  [127, [0x7f]],
  [128, [0x80, 0x01]],
  [624485, [0xe5, 0x8e, 0x26]],
  [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
  [0xffffffff, [0xff, 0xff, 0xff, 0xff, 0x0f]],
];
for (const [value, encoded] of encodings) {
  leb128(`${value} takes ${encoded.length} bytes`, () => {
    assert.equal([...encodeU32(value)], encoded);
    assert.is(u32(...encoded), value);
  });
}

const signed: readonly (readonly [number, readonly number[]])[] = [
  [0, [0]],
  [63, [0x3f]],
  [64, [0xc0, 0x00]],
  [-1, [0x7f]],
  [-64, [0x40]],
  [-65, [0xbf, 0x7f]],
  [65536, [0x80, 0x80, 0x04]],
  [0x7fffffff, [0xff, 0xff, 0xff, 0xff, 0x07]],
  [-0x80000000, [0x80, 0x80, 0x80, 0x80, 0x78]],
];
for (const [value, encoded] of signed) {
  leb128(`${value} takes ${encoded.length} bytes with a sign`, () => {
    assert.equal([...encodeS32(value)], encoded);
  });
}

leb128('joins more ranges than a call takes arguments', () => {
  assert.is(joinAll(Array.from({ length: 300_000 }, () => bytes(1, 2))).length, 600_000);
});

leb128('reads integers padded to five bytes, as linkers write them', () => {
  assert.is(u32(0x85, 0x80, 0x80, 0x80, 0x00), 5);
});

const refused: readonly (readonly [string, readonly number[], string])[] = [
  ['nothing', [], 'WASM_TRUNCATED'],
  ['an integer cut off', [0x80], 'WASM_TRUNCATED'],
  ['a bit beyond the 32nd', [0xff, 0xff, 0xff, 0xff, 0x10], 'WASM_MALFORMED'],
  ['a sixth byte', [0x80, 0x80, 0x80, 0x80, 0x80, 0x00], 'WASM_MALFORMED'],
  ['an endless integer', Array.from({ length: 1000 }, () => 0xff), 'WASM_MALFORMED'],
];
for (const [title, values, code] of refused) {
  leb128(`refuses ${title}`, () => {
    assert.is(faultOf(() => u32(...values)).code, code);
  });
}

leb128('every 32-bit integer reads back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffffffff }), (value) => {
      assert.is(u32(...encodeU32(value)), value);
    }),
    { seed: 61, numRuns: 1000 },
  );
});

leb128('joined bytes are a copy', () => {
  const part = bytes(1, 2);
  const joined = joinBytes(part, bytes(), bytes(3));
  part[0] = 9;
  assert.equal([...joined], [1, 2, 3]);
});

leb128.run();
