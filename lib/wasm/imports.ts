// The import section: what a module asks for, with types, and where its sizes stand so that limits.ts can rewrite them.
import { maxImports } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { readExtent, type Extent } from './extent.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readTypes, signatureAt, type Signature, type TypeTable } from './signature.js';
import { readValueType, type ValueType } from './value-type.js';

/** A kind of thing that can be imported, with its type. */
export type Importable =
  | { readonly kind: 'function' | 'tag'; readonly signature: Signature }
  | { readonly kind: 'memory' | 'table'; readonly extent: Extent }
  | { readonly kind: 'global'; readonly type: ValueType; readonly mutable: boolean };

/** Something a module asks its host for. */
export type Import = Importable & { readonly module: string; readonly name: string };

/** An import, and where parts of it stand in the section's content. */
export interface ImportSite {
  readonly entry: Import;
  /** Where what follows the kind begins: of a table, the type of its elements. */
  readonly type: number;
  /** The last field (the extent, if it has one) stands between these two. */
  readonly start: number;
  readonly end: number;
}

/** Reads the import section; a module without one asks for nothing. */
export function readImports(sections: readonly Section[], types: TypeTable = readTypes(sections)): readonly ImportSite[] {
  const cursor = sectionCursor(sections, sectionId.import);
  if (cursor === undefined) return [];
  const count = cursor.count(maxImports, 'imports');
  const sites = Array.from({ length: count }, () => readImport(cursor, types));
  cursor.end();
  return sites;
}

function readImport(cursor: Cursor, types: TypeTable): ImportSite {
  const names = { module: cursor.name(), name: cursor.name() };
  const kind = cursor.byte();
  const type = cursor.at;
  // A table names the type of its elements, and a tag an attribute, before the field that counts.
  if (kind === 1) readValueType(cursor);
  else if (kind === 4) cursor.byte();
  const start = cursor.at;
  const entry = { ...names, ...readImportable(cursor, kind, types) };
  return { entry, type, start, end: cursor.at };
}

function readImportable(cursor: Cursor, kind: number, types: TypeTable): Importable {
  switch (kind) {
    case 0:
      return { kind: 'function', signature: signatureAt(types, cursor.u32()) };
    case 1:
      return { kind: 'table', extent: readExtent(cursor, 'table') };
    case 2:
      return { kind: 'memory', extent: readExtent(cursor, 'memory') };
    case 3:
      return { kind: 'global', type: readValueType(cursor), mutable: cursor.byte() === 1 };
    case 4:
      return { kind: 'tag', signature: signatureAt(types, cursor.u32()) };
    default:
      throw cursor.malformed(`an import of the unknown kind ${kind}`);
  }
}
