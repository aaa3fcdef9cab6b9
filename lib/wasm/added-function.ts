// A function that the rewriter adds to a module, and the types such functions have.
import { encodeU32, joinAll, joinBytes } from './leb128.js';
import type { Encoded } from './instruction-writer.js';

/** A value type as the format writes it; some references take more than a byte. */
export type EncodedType = Uint8Array;

/** The type of all numbers that added functions take and give. */
export const i32: EncodedType = Uint8Array.of(0x7f);

/** A function to be added; its operands are its first locals. */
export interface AddedFunction {
  readonly params: readonly EncodedType[];
  readonly results: readonly EncodedType[];
  /** Further locals, each an i32. */
  readonly locals: number;
  /** Its instructions, the final `end` included. */
  readonly code: Encoded;
}

/** The function's type as an entry of the type section. */
export function encodeType({ params, results }: AddedFunction): Encoded {
  const functionForm = Uint8Array.of(0x60);
  return joinAll([functionForm, encodeU32(params.length), ...params, encodeU32(results.length), ...results]);
}

/** The function as an entry of the code section. */
export function encodeBody({ locals, code }: AddedFunction): Encoded {
  const declared = locals === 0 ? Uint8Array.of(0) : joinBytes(Uint8Array.of(1), encodeU32(locals), i32);
  return joinBytes(encodeU32(declared.length + code.length), declared, code);
}
