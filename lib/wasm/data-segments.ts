// How long the data segments of a module are, which bounds what one `memory.init` can write.
import { maxDataSegments } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { skipExpression } from './globals.js';
import { sectionCursor, sectionId, type Section } from './sections.js';

const isPassive = 0x01;
const namesMemory = 0x02;

/**
 * The bytes of each data segment, by its index.
 *
 * @throws {UnsupportedInstruction} for an offset that is not understood
 * @throws {Fault} `WASM_TRUNCATED`, `WASM_MALFORMED`
 */
export function dataSegmentLengths(sections: readonly Section[]): readonly number[] {
  const cursor = sectionCursor(sections, sectionId.data);
  if (cursor === undefined) return [];
  const count = cursor.count(maxDataSegments, 'data segments');
  const lengths = Array.from({ length: count }, () => readLength(cursor));
  cursor.end();
  return lengths;
}

function readLength(cursor: Cursor): number {
  const flags = cursor.u32();
  if (flags > namesMemory) throw cursor.malformed(`a data segment of the unknown kind ${flags}`);
  if (flags === namesMemory) cursor.u32();
  if (flags !== isPassive) skipExpression(cursor);
  return cursor.take(cursor.u32()).length;
}
