// Gives an imported function another name. All that was not asked for stays byte for byte.
import { maxImports } from './ceilings.js';
import { readImports } from './imports.js';
import { joinBytes } from './leb128.js';
import { encodeName } from './section-edits.js';
import { makeSection, readSections, sectionCursor, sectionId, writeModule } from './sections.js';

/** How a module names what it imports. */
export interface ImportName {
  readonly module: string;
  readonly name: string;
}

/**
 * The module with every function import of one name given another; the very same bytes when it has none.
 *
 * @throws {Fault} any `WasmFaultCode`
 */
export function renameFunctionImport(module: Uint8Array, from: ImportName, to: ImportName): Uint8Array {
  const sections = readSections(module);
  const cursor = sectionCursor(sections, sectionId.import);
  if (cursor === undefined) return module;
  cursor.count(maxImports, 'imports');
  const parts: Uint8Array[] = [];
  let kept = 0;
  let begin = cursor.at;
  for (const { entry, type, end } of readImports(sections)) {
    if (entry.kind === 'function' && entry.module === from.module && entry.name === from.name) {
      // Between the two names and the type stands one byte, the kind.
      parts.push(cursor.bytes.subarray(kept, begin), encodeName(to.module), encodeName(to.name));
      kept = type - 1;
    }
    begin = end;
  }
  if (parts.length === 0) return module;
  const renamed = makeSection(sectionId.import, joinBytes(...parts, cursor.bytes.subarray(kept)));
  return writeModule(sections.map((section) => (section.id === sectionId.import ? renamed : section)));
}
