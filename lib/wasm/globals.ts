// The globals of a module: imported ones first, then its own. Their initial values are passed over.
import { maxGlobals } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { readImports } from './imports.js';
import { opcode, readInstruction, UnsupportedInstruction } from './instructions.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readValueType, type ValueType } from './value-type.js';

/** A global by its index. */
export interface Global {
  readonly index: number;
  readonly type: ValueType;
  readonly mutable: boolean;
  readonly imported: boolean;
}

/**
 * Reads all globals in the order of their indices.
 *
 * @throws {UnsupportedInstruction} for an initial value that is not understood
 * @throws {Fault} `WASM_TRUNCATED`, `WASM_MALFORMED`
 */
export function readGlobals(sections: readonly Section[]): readonly Global[] {
  const globals: Global[] = [];
  for (const { entry } of readImports(sections)) {
    if (entry.kind === 'global') globals.push({ index: globals.length, type: entry.type, mutable: entry.mutable, imported: true });
  }
  const cursor = sectionCursor(sections, sectionId.global);
  if (cursor === undefined) return globals;
  const count = cursor.count(maxGlobals, 'globals');
  for (let own = 0; own < count; own += 1) {
    const type = readValueType(cursor);
    const mutability = cursor.byte();
    if (mutability > 1) throw new UnsupportedInstruction('a global that is shared between threads');
    skipExpression(cursor);
    globals.push({ index: globals.length, type, mutable: mutability === 1, imported: false });
  }
  cursor.end();
  return globals;
}

/** Passes over a constant expression; none has blocks, so that the first `end` is its own. */
export function skipExpression(cursor: Cursor): void {
  while (readInstruction(cursor).opcode !== opcode.end);
}
