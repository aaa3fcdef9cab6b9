// Function types: what a function takes and gives. JavaScript does not compare them when it links an instance, so the
// loader does; that is why they can be printed and compared.
import { maxArity, maxFields, maxTypes } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readValueType, type ValueType } from './value-type.js';
import { wasmFault } from './wasm-fault.js';

/** What a function takes and gives. */
export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

/** A signature as text: `(i32, i32) -> i32`; equal signatures have equal texts. */
export function formatSignature(signature: Signature): string {
  const [single, ...more] = signature.results;
  const results = single !== undefined && more.length === 0 ? single : `(${signature.results.join(', ')})`;
  return `(${signature.params.join(', ')}) -> ${results}`;
}

/** The types of a module by index; `undefined` stands for a type that is no function (struct, array). */
export type TypeTable = readonly (Signature | undefined)[];

/** Reads the type section; a module without one has no types. */
export function readTypes(sections: readonly Section[]): TypeTable {
  const cursor = sectionCursor(sections, sectionId.type);
  if (cursor === undefined) return [];
  const types: (Signature | undefined)[] = [];
  const count = cursor.count(maxTypes, 'types');
  for (let index = 0; index < count; index += 1) readEntry(cursor, types);
  cursor.end();
  return types;
}

/** The function type an import, function or tag refers to. */
export function signatureAt(types: TypeTable, index: number): Signature {
  const signature = types[index];
  if (signature === undefined) throw wasmFault('WASM_MALFORMED', `it takes type ${index} for a function type, and that is none`);
  return signature;
}

const recursiveGroup = 0x4e;
const openSubtype = 0x50;
const finalSubtype = 0x4f;
const functionForm = 0x60;
const structForm = 0x5f;
const arrayForm = 0x5e;

/** Reads one type or a group of types that refer to each other. */
function readEntry(cursor: Cursor, types: (Signature | undefined)[]): void {
  const form = cursor.byte();
  if (form !== recursiveGroup) {
    types.push(readType(cursor, form));
    return;
  }
  const members = cursor.count(maxTypes - types.length, 'types');
  for (let index = 0; index < members; index += 1) types.push(readType(cursor, cursor.byte()));
}

function readType(cursor: Cursor, form: number): Signature | undefined {
  if (form === openSubtype || form === finalSubtype) {
    const parents = cursor.count(1, 'supertypes of one type');
    for (let index = 0; index < parents; index += 1) cursor.u32();
    return readComposite(cursor, cursor.byte());
  }
  return readComposite(cursor, form);
}

function readComposite(cursor: Cursor, form: number): Signature | undefined {
  switch (form) {
    case functionForm:
      return { params: readValueTypes(cursor), results: readValueTypes(cursor) };
    case structForm: {
      const fields = cursor.count(maxFields, 'fields of one type');
      for (let index = 0; index < fields; index += 1) skipField(cursor);
      return undefined;
    }
    case arrayForm:
      skipField(cursor);
      return undefined;
    default:
      throw cursor.malformed(`the unknown kind of type 0x${form.toString(16)}`);
  }
}

function readValueTypes(cursor: Cursor): readonly ValueType[] {
  const count = cursor.count(maxArity, 'parameters or results of one function');
  return Array.from({ length: count }, () => readValueType(cursor));
}

/** Passes over a field of a struct or array: its type, which may be a packed one, and whether it can change. */
function skipField(cursor: Cursor): void {
  const next = cursor.bytes[cursor.at];
  if (next === 0x78 || next === 0x77) cursor.byte();
  else readValueType(cursor);
  cursor.byte();
}
