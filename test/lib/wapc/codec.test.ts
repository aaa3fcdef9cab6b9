// Payloads there and back, and what each codec refuses.
import fc from 'fast-check';
import { encode as plainPack } from 'msgpack-lite';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { jsonCodec, messagePackCodec, rawCodec } from '../../../lib/wapc/codec.js';
import { faultOf } from '../../support/fault-of.js';

const codecs = suite('wapc/codec');

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const packed = (...bytes: readonly number[]): unknown => messagePackCodec.decode(Uint8Array.from(bytes));
const repacked = (value: unknown): unknown => messagePackCodec.decode(messagePackCodec.encode(value));

codecs('raw bytes stay what they are', () => {
  const bytes = Uint8Array.of(0, 255);
  assert.is(rawCodec.encode(bytes), bytes);
  assert.is(rawCodec.decode(bytes), bytes);
});

codecs('JSON goes there and back in UTF-8', () => {
  const value = { text: 'größe ☃', list: [1, 2.5, null, true], nested: { a: {} } };
  assert.equal(jsonCodec.decode(jsonCodec.encode(value)), value);
  assert.is(new TextDecoder().decode(jsonCodec.encode({ a: 'ö' })), '{"a":"ö"}');
});

const badJson: readonly (readonly [string, Uint8Array])[] = [
  ['no bytes', new Uint8Array(0)],
  ['a truncated document', new TextEncoder().encode('{"a":')],
  ['bytes after the document', new TextEncoder().encode('{} x')],
  ['what is not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ['a byte order mark', Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d)],
];
for (const [title, bytes] of badJson) {
  codecs(`JSON refuses ${title}`, () => {
    const fault = faultOf(() => jsonCodec.decode(bytes));
    assert.is(fault.code, 'CODEC_PAYLOAD_INVALID');
    assert.match(fault.message, /^Cannot decode the guest's payload as JSON: /);
  });
}

const messagePackValues: readonly (readonly [string, unknown])[] = [
  ['nil', null],
  ['booleans', [true, false]],
  ['a text beyond ASCII', 'größe ☃ 😀'],
  ['a long text', 'x'.repeat(70_000)],
  ['a double', 1.5],
  ['not a number', Number.NaN],
  ['the integers around every width', [0, 127, 128, 255, 256, 65535, 65536, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53 - 1, -1, -32, -33, -128, -129, -32769, -(2 ** 31), -(2 ** 31) - 1, -(2 ** 53) + 1]],
  ['the largest unsigned integer', 18446744073709551615n],
  ['the smallest signed integer', -9223372036854775808n],
  ['an integer just beyond a number', 9007199254740993n],
  ['bytes', Uint8Array.of(0, 1, 255)],
  ['no bytes', new Uint8Array(0)],
  ['bytes inside', { list: [Uint8Array.of(7)], map: { b: Uint8Array.of(8) } }],
  ['an empty map and an empty list', [{}, []]],
  ['a large map', Object.fromEntries(Array.from({ length: 70_000 }, (_, index) => [`key${index}`, index]))],
];
for (const [title, value] of messagePackValues) {
  codecs(`MessagePack takes ${title} there and back`, () => assert.equal(repacked(value), value));
}

codecs('MessagePack writes a Uint8Array as bytes, not as an extension that other languages refuse', () => {
  assert.is(hex(messagePackCodec.encode(Uint8Array.of(1, 2))), 'c4020102');
  assert.is(hex(plainPack(Uint8Array.of(1, 2)).subarray(0, 1)), 'd5', 'the library alone writes an extension');
});

codecs('MessagePack writes a view of bytes as the bytes it shows', () => {
  assert.is(hex(messagePackCodec.encode(Uint8Array.of(9, 1, 2, 9).subarray(1, 3))), 'c4020102');
});

codecs('MessagePack writes integers beyond 32 bits as integers, not as floats', () => {
  assert.is(hex(messagePackCodec.encode(2 ** 40)), 'cf0000010000000000');
  assert.is(hex(messagePackCodec.encode(-(2 ** 40))), 'd3ffffff0000000000');
  assert.is(hex(plainPack(2 ** 40)).slice(0, 2), 'cb', 'the library alone writes a double');
});

codecs('MessagePack reads 64-bit integers as numbers where these hold them, as bigint else', () => {
  assert.is(packed(0xcf, 0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 2 ** 53 - 1);
  assert.is(packed(0xcf, 0, 0x20, 0, 0, 0, 0, 0, 1), 9007199254740993n);
  assert.is(packed(0xd3, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe), -2);
  assert.is(packed(0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), 18446744073709551615n);
});

codecs('MessagePack has no integer beyond 64 bits, and says so instead of wrapping', () => {
  for (const tooLarge of [2n ** 64n, -(2n ** 63n) - 1n]) assert.throws(() => messagePackCodec.encode(tooLarge), /MessagePack has no integer as large as/);
});

codecs('MessagePack keeps a key named __proto__ as a key', () => {
  const value = repacked(JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
  assert.ok(typeof value === 'object' && value !== null);
  assert.equal(Object.keys(value), ['__proto__', 'a']);
  assert.is(Object.getPrototypeOf(value), Object.prototype);
  assert.is(Reflect.get({}, 'polluted'), undefined);
});

codecs('MessagePack reads the keys of a map as texts', () => {
  assert.equal(packed(0x82, 1, 0xa1, 0x61, 0xc3, 0xa1, 0x62), { '1': 'a', 'true': 'b' });
});

const badMessagePack: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['no bytes', new Uint8Array(0), /ends inside a value/],
  ['a truncated list', Uint8Array.of(0x92, 1), /ends inside a value/],
  ['a truncated text', Uint8Array.of(0xa5, 0x61), /ends inside a value/],
  ['bytes after the value', Uint8Array.of(0xc0, 0xc0), /1 bytes follow the value/],
  ['an unknown mark', Uint8Array.of(0xc1), /begins no value/],
  ['a list that claims four billion items', Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff), /ends inside a value/],
  ['nesting that exhausts the stack', Uint8Array.from([...new Array<number>(200_000).fill(0x91), 0xc0]), /Maximum call stack/],
];
for (const [title, bytes, message] of badMessagePack) {
  codecs(`MessagePack refuses ${title}`, () => {
    const fault = faultOf(() => messagePackCodec.decode(bytes));
    assert.is(fault.code, 'CODEC_PAYLOAD_INVALID');
    assert.match(fault.message, message);
    assert.match(fault.message, /^Cannot decode the guest's payload as MessagePack: /);
  });
}

codecs('MessagePack takes any JSON document there and back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      // JSON has one zero less than doubles do.
      const plain: unknown = JSON.parse(JSON.stringify(value));
      assert.equal(repacked(plain), plain);
    }),
    { seed: 20_240_603, numRuns: 300 },
  );
});

codecs.run();
