// A function that the rewriter adds to a module, and the types such functions have.
import { encodeU32, joinBytes } from './leb128.js';
import type { Encoded } from './instruction-writer.js';

/** The signatures of added functions. */
export type AddedSignature = 'no operands' | 'grow' | 'bulk';

const i32 = 0x7f;

/** Each signature as an entry of the type section. */
export const addedTypes: Readonly<Record<AddedSignature, Uint8Array>> = {
  'no operands': Uint8Array.of(0x60, 0, 0),
  'grow': Uint8Array.of(0x60, 1, i32, 1, i32),
  'bulk': Uint8Array.of(0x60, 3, i32, i32, i32, 0),
};

/** A function to be added; its operands are its first locals. */
export interface AddedFunction {
  readonly signature: AddedSignature;
  /** Further locals, each an i32. */
  readonly locals: number;
  /** Its instructions, the final `end` included. */
  readonly code: Encoded;
}

/** The function as an entry of the code section. */
export function encodeBody({ locals, code }: AddedFunction): Encoded {
  const declared = locals === 0 ? Uint8Array.of(0) : joinBytes(Uint8Array.of(1), encodeU32(locals), Uint8Array.of(i32));
  return joinBytes(encodeU32(declared.length + code.length), declared, code);
}
