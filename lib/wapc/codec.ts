// How payloads of waPC guests are spelled. Kubewarden policies speak JSON; MessagePack is common among other guests.
import { Int64BE, Uint64BE } from 'int64-buffer';
import { createCodec, Decoder, encode as pack } from 'msgpack-lite';

import { Fault, messageOf } from '../fault.js';

import { assertOneValue } from './message-pack-extent.js';

/** Turns values into payload bytes and back. */
export interface Codec<Value> {
  readonly name: string;
  encode(value: Value): Uint8Array;
  /** @throws {Fault} `CODEC_PAYLOAD_INVALID` when the bytes are not a payload of this codec */
  decode(payload: Uint8Array): Value;
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const textEncoder = new TextEncoder();

/** Payloads as they are. */
export const rawCodec: Codec<Uint8Array> = {
  name: 'raw',
  encode: (value) => value,
  decode: (payload) => payload,
};

/** Payloads as JSON text in UTF-8. */
export const jsonCodec: Codec<unknown> = {
  name: 'JSON',
  encode: (value) => textEncoder.encode(JSON.stringify(value)),
  decode: (payload) => decoded('JSON', () => JSON.parse(strictText.decode(payload)) as unknown),
};

/**
 * Payloads as MessagePack: values as JSON has them, `bigint` for integers of 64 bits, `Uint8Array` for bytes.
 *
 * Shapes that `msgpack-lite` alone gets wrong are handled here: a `Uint8Array` is written as `bin` (it would become an
 * extension type that Rust and Go refuse), integers beyond 32 bits as `int64` or `uint64` (they would become floats), a
 * `__proto__` key is a key. Integers are read as `number` where that holds them and as `bigint` else.
 */
export const messagePackCodec: Codec<unknown> = {
  name: 'MessagePack',
  encode: (value) => Uint8Array.from(pack(packable(value), { codec: wire })),
  decode: (payload) => decoded('MessagePack', () => unpack(payload)),
};

const wire = createCodec({ int64: true, usemap: true, binarraybuffer: true });

function decoded(codec: string, decode: () => unknown): unknown {
  try {
    return decode();
  } catch (thrown) {
    throw new Fault('CODEC_PAYLOAD_INVALID', `Cannot decode the guest's payload as ${codec}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function unpack(payload: Uint8Array): unknown {
  assertOneValue(payload);
  const decoder = Decoder({ codec: wire });
  decoder.write(payload);
  return unpacked(decoder.read());
}

function packable(value: unknown): unknown {
  if (typeof value === 'bigint') return packableBigint(value);
  if (typeof value === 'number') return Number.isSafeInteger(value) && Math.abs(value) > 0x7fffffff ? packableBigint(BigInt(value)) : value;
  if (value instanceof Uint8Array) return value.slice().buffer;
  if (Array.isArray(value)) return value.map(packable);
  if (typeof value === 'object' && value !== null) return new Map(Object.entries(value).map(([key, member]) => [key, packable(member)]));
  return value;
}

function packableBigint(value: bigint): Int64BE | Uint64BE {
  if (BigInt.asIntN(64, value) !== value && BigInt.asUintN(64, value) !== value) throw new RangeError(`MessagePack has no integer as large as ${value}`);
  return value < 0n ? new Int64BE(value.toString()) : new Uint64BE(value.toString());
}

function unpacked(value: unknown): unknown {
  if (Int64BE.isInt64BE(value) || Uint64BE.isUint64BE(value)) {
    const whole = BigInt(value.toString(10));
    return BigInt.asIntN(54, whole) === whole ? Number(whole) : whole;
  }
  if (value instanceof ArrayBuffer) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(unpacked);
  // fromEntries defines properties, so `__proto__` stays data.
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, member]: [unknown, unknown]) => [String(key), unpacked(member)]));
  return value;
}
