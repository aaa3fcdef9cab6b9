// How large a memory or table starts and how far it may grow: the pair of numbers the format calls limits.
import type { Cursor } from './cursor.js';
import { encodeU32, joinBytes } from './leb128.js';
import { wasmFault } from './wasm-fault.js';

/** A size that may grow: in pages of 64 KiB for a memory, in elements for a table. */
export interface Extent {
  readonly initial: number;
  readonly maximum?: number;
}

const hasMaximum = 0x01;
const isShared = 0x02;
const is64Bit = 0x04;

/** Reads an extent; shared and 64-bit ones are refused, as no policy language makes them. */
export function readExtent(cursor: Cursor, of: 'memory' | 'table'): Extent {
  const flags = cursor.byte();
  if ((flags & is64Bit) !== 0) throw wasmFault('WASM_UNSUPPORTED', `its ${of} has 64-bit addresses`);
  if ((flags & isShared) !== 0) throw wasmFault('WASM_UNSUPPORTED', `its ${of} is shared between threads`);
  if (flags > hasMaximum) throw cursor.malformed(`a ${of} with the unknown flags 0x${flags.toString(16)}`);
  const initial = cursor.u32();
  if ((flags & hasMaximum) === 0) return { initial };
  const maximum = cursor.u32();
  if (maximum < initial) throw cursor.malformed(`a ${of} whose maximum ${maximum} lies below its initial size ${initial}`);
  return { initial, maximum };
}

/** Writes an extent that has a maximum. */
export function encodeExtent(initial: number, maximum: number): Uint8Array<ArrayBuffer> {
  return joinBytes(Uint8Array.of(hasMaximum), encodeU32(initial), encodeU32(maximum));
}
