// Saves and restores globals inside Wasm: JavaScript cannot read a v128, and loses the payload of a NaN.
import type { AddedFunction } from './added-function.js';
import { write, type Encoded } from './instruction-writer.js';
import { joinBytes } from './leb128.js';
import type { ValueType } from './value-type.js';

/** A global and the one that holds its saved value. */
export interface SavedGlobal {
  readonly type: ValueType;
  readonly index: number;
  readonly savedIndex: number;
}

/**
 * The function that saves all of them.
 *
 * @param preparation code that is executed first
 */
export function saveFunction(globals: readonly SavedGlobal[], preparation: Encoded): AddedFunction {
  return copies(globals.map(({ index, savedIndex }) => [index, savedIndex]), preparation);
}

/** The function that puts the saved values back. */
export function restoreFunction(globals: readonly SavedGlobal[]): AddedFunction {
  return copies(globals.map(({ index, savedIndex }) => [savedIndex, index]), write().bytes);
}

function copies(pairs: readonly (readonly [from: number, to: number])[], preparation: Encoded): AddedFunction {
  const code = write().put(preparation);
  for (const [from, to] of pairs) code.at('global.get', from).at('global.set', to);
  return { params: [], results: [], locals: 0, code: code.op('end').bytes };
}

const zeros: Readonly<Record<string, Uint8Array>> = {
  i32: Uint8Array.of(0x7f, 1, 0x41, 0, 0x0b),
  i64: Uint8Array.of(0x7e, 1, 0x42, 0, 0x0b),
  f32: joinBytes(Uint8Array.of(0x7d, 1, 0x43), new Uint8Array(4), Uint8Array.of(0x0b)),
  f64: joinBytes(Uint8Array.of(0x7c, 1, 0x44), new Uint8Array(8), Uint8Array.of(0x0b)),
  v128: joinBytes(Uint8Array.of(0x7b, 1, 0xfd, 0x0c), new Uint8Array(16), Uint8Array.of(0x0b)),
};

/** A mutable global of a type that holds zero at first, as an entry of the global section. */
export function encodeZeroGlobal(type: ValueType): Uint8Array {
  const encoded = zeros[type];
  if (encoded === undefined) throw new Error(`a global of type ${type} cannot be saved`);
  return encoded;
}
