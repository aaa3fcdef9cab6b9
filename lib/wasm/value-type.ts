// Value types as text, in the spelling of the text format: `i32`, `funcref`, `(ref null 5)`.
import type { Cursor } from './cursor.js';

/** A value type in the spelling of the text format; two types of one module are the same type if they read the same. */
export type ValueType = string;

const numberAndVectorTypes: ReadonlyMap<number, ValueType> = new Map([
  [0x7f, 'i32'],
  [0x7e, 'i64'],
  [0x7d, 'f32'],
  [0x7c, 'f64'],
  [0x7b, 'v128'],
]);

const heapTypes: ReadonlyMap<number, string> = new Map([
  [0x74, 'noexn'],
  [0x73, 'nofunc'],
  [0x72, 'noextern'],
  [0x71, 'none'],
  [0x70, 'func'],
  [0x6f, 'extern'],
  [0x6e, 'any'],
  [0x6d, 'eq'],
  [0x6c, 'i31'],
  [0x6b, 'struct'],
  [0x6a, 'array'],
  [0x69, 'exn'],
]);

const nullableReference = 0x63;
const reference = 0x64;

/** Reads a value type: of a parameter, local, global or table element. */
export function readValueType(cursor: Cursor): ValueType {
  const code = cursor.byte();
  const plain = numberAndVectorTypes.get(code);
  if (plain !== undefined) return plain;
  if (code === nullableReference) return `(ref null ${readHeapType(cursor)})`;
  if (code === reference) return `(ref ${readHeapType(cursor)})`;
  const heap = heapTypes.get(code);
  if (heap === undefined) throw cursor.malformed(`the unknown value type 0x${code.toString(16)}`);
  // `funcref` and `externref` are the names JavaScript and older tools know; the others follow suit.
  return `${heap}ref`;
}

/** Reads what a reference points to: a word for the built-in types, else the index of a type. */
export function readHeapType(cursor: Cursor): string {
  const abstract = heapTypes.get(cursor.bytes[cursor.at] ?? 0);
  if (abstract !== undefined) {
    cursor.byte();
    return abstract;
  }
  const index = cursor.u32();
  // The format has a signed integer here, the negative ones being built-in types: this bit is the sign.
  const negative = ((cursor.bytes[cursor.at - 1] ?? 0) & 0x40) !== 0;
  if (negative) throw cursor.malformed('a reference to an unknown built-in type');
  return String(index);
}
