// The check in front of the MessagePack decoder, against the decoder itself: both must agree on what one value is.
import fc from 'fast-check';
import { decode, encode } from 'msgpack-lite';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { assertOneValue } from '../../../lib/wapc/message-pack-extent.js';

const extent = suite('wapc/message-pack-extent');

const accepts = (bytes: Uint8Array): boolean => {
  try {
    assertOneValue(bytes);
    return true;
  } catch {
    return false;
  }
};

const decodes = (bytes: Uint8Array): boolean => {
  try {
    decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** One value of every mark, its children and contents as short as can be. */
const everyMark: readonly (readonly [string, readonly number[]])[] = [
  ['a small positive integer', [0x7f]],
  ['an empty small map', [0x80]],
  ['a small map', [0x82, 0xa1, 0x61, 1, 0xa1, 0x62, 2]],
  ['a small array', [0x93, 1, 2, 3]],
  ['a small text', [0xa3, 0x61, 0x62, 0x63]],
  ['nil', [0xc0]],
  ['false', [0xc2]],
  ['true', [0xc3]],
  ['bytes with a length of one byte', [0xc4, 2, 1, 2]],
  ['bytes with a length of two bytes', [0xc5, 0, 2, 1, 2]],
  ['bytes with a length of four bytes', [0xc6, 0, 0, 0, 2, 1, 2]],
  ['an extension with a length of one byte', [0xc7, 1, 9, 1]],
  ['an extension with a length of two bytes', [0xc8, 0, 1, 9, 1]],
  ['an extension with a length of four bytes', [0xc9, 0, 0, 0, 1, 9, 1]],
  ['a float', [0xca, 0, 0, 0, 0]],
  ['a double', [0xcb, 0, 0, 0, 0, 0, 0, 0, 0]],
  ['an unsigned integer of one byte', [0xcc, 200]],
  ['an unsigned integer of two bytes', [0xcd, 1, 0]],
  ['an unsigned integer of four bytes', [0xce, 1, 0, 0, 0]],
  ['an unsigned integer of eight bytes', [0xcf, 1, 0, 0, 0, 0, 0, 0, 0]],
  ['an integer of one byte', [0xd0, 200]],
  ['an integer of two bytes', [0xd1, 1, 0]],
  ['an integer of four bytes', [0xd2, 1, 0, 0, 0]],
  ['an integer of eight bytes', [0xd3, 1, 0, 0, 0, 0, 0, 0, 0]],
  ['an extension of one byte', [0xd4, 9, 1]],
  ['an extension of two bytes', [0xd5, 9, 1, 2]],
  ['an extension of four bytes', [0xd6, 9, 1, 2, 3, 4]],
  ['an extension of eight bytes', [0xd7, 9, ...new Array<number>(8).fill(1)]],
  ['an extension of sixteen bytes', [0xd8, 9, ...new Array<number>(16).fill(1)]],
  ['a text with a length of one byte', [0xd9, 1, 0x61]],
  ['a text with a length of two bytes', [0xda, 0, 1, 0x61]],
  ['a text with a length of four bytes', [0xdb, 0, 0, 0, 1, 0x61]],
  ['an array with a length of two bytes', [0xdc, 0, 2, 1, 2]],
  ['an array with a length of four bytes', [0xdd, 0, 0, 0, 2, 1, 2]],
  ['a map with a length of two bytes', [0xde, 0, 1, 0xa0, 1]],
  ['a map with a length of four bytes', [0xdf, 0, 0, 0, 1, 0xa0, 1]],
  ['a small negative integer', [0xe0]],
];
for (const [title, bytes] of everyMark) {
  extent(`takes ${title}, neither shortened nor followed by anything`, () => {
    assertOneValue(Uint8Array.from(bytes));
    assert.ok(decodes(Uint8Array.from(bytes)), 'the decoder agrees');
    assert.throws(() => assertOneValue(Uint8Array.from(bytes.slice(0, -1))), /ends inside a value/);
    assert.throws(() => assertOneValue(Uint8Array.from([...bytes, 0xc0])), /^1 bytes follow the value|1 bytes follow/);
  });
}

extent('refuses the one mark that begins nothing', () => {
  assert.throws(() => assertOneValue(Uint8Array.of(0x91, 0xc1)), 'byte 1 (0xc1) begins no value');
});

extent('refuses no bytes at all', () => {
  assert.throws(() => assertOneValue(new Uint8Array(0)), 'the payload of 0 bytes ends inside a value');
});

extent('refuses counts that the payload cannot hold before anything is reserved for them', () => {
  for (const mark of [0xdd, 0xdf]) assert.not(accepts(Uint8Array.of(mark, 0xff, 0xff, 0xff, 0xff, 0, 0, 0)));
  // Each level alone fits into what follows it; together they would take a million times a million items.
  const nested = new Uint8Array(1024 * 1024).fill(0xc0);
  const view = new DataView(nested.buffer);
  for (let at = 0; at < 5000; at += 5) {
    view.setUint8(at, 0xdd);
    view.setUint32(at + 1, nested.length - at - 5);
  }
  assert.not(accepts(nested));
});

extent('goes as deep as the payload is long', () => {
  assertOneValue(Uint8Array.from([...new Array<number>(100_000).fill(0x91), 0xc0]));
});

extent('accepts whatever the encoder writes', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      assertOneValue(Uint8Array.from(encode(value)));
    }),
    { seed: 20_240_601, numRuns: 300 },
  );
});

extent('never accepts what the decoder cannot read to the end', () => {
  const marks = fc.constantFrom(0x80, 0x81, 0x91, 0xa1, 0xc0, 0xc1, 0xc4, 0xc7, 0xca, 0xcf, 0xd4, 0xd9, 0xdc, 0xde, 0xff);
  fc.assert(
    fc.property(fc.array(fc.oneof(marks, fc.integer({ min: 0, max: 255 }), fc.constant(0)), { maxLength: 24 }), (bytes) => {
      const payload = Uint8Array.from(bytes);
      if (accepts(payload)) assert.ok(decodes(payload), payload.join(' '));
    }),
    { seed: 20_240_602, numRuns: 3000 },
  );
});

extent.run();
