// Modules written down byte by byte, for tests of what no assembler would emit.
import { encodeU32, joinBytes } from '../../lib/wasm/leb128.js';

/** Bytes from numbers. */
export const bytes = (...values: readonly number[]): Uint8Array<ArrayBuffer> => Uint8Array.from(values);

/** The same bytes so many times. */
export function repeated(count: number, unit: Uint8Array): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(count * unit.length);
  for (let index = 0; index < count; index += 1) all.set(unit, index * unit.length);
  return all;
}

/** A vector: how many entries, and so many times the same entry. */
export const vector = (count: number, entry: Uint8Array): Uint8Array<ArrayBuffer> => joinBytes(encodeU32(count), repeated(count, entry));

/** A section with its id and length. */
export const section = (id: number, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const all = joinBytes(...content);
  return joinBytes(bytes(id), encodeU32(all.length), all);
};

/** Magic number, version, and what follows. */
export const moduleOf = (...sections: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(joinBytes(bytes(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00), ...sections));

/** A name with its length. */
export const name = (text: string): Uint8Array<ArrayBuffer> => {
  const encoded = new TextEncoder().encode(text);
  return joinBytes(encodeU32(encoded.length), encoded);
};

/** A type section with one function type that takes so many i32 and gives nothing. */
export const oneType = (params = 0): Uint8Array<ArrayBuffer> => section(1, bytes(1, 0x60), vector(params, bytes(0x7f)), bytes(0));
