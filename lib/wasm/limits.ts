// Puts the operator's limits on memory and tables into a module, so that the engine enforces them. How much else a
// module may declare is checked in declarations.ts.
import { maxTables } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { checkDeclarations, type DeclarationLimits } from './declarations.js';
import { encodeExtent, readExtent, type Extent } from './extent.js';
import { readImports } from './imports.js';
import { joinBytes } from './leb128.js';
import { makeSection, sectionCursor, sectionId, type Section } from './sections.js';
import { readHeapType, readValueType } from './value-type.js';
import { wasmFault } from './wasm-fault.js';

/** What one instance of a module may take. */
export interface ModuleLimits extends Partial<DeclarationLimits> {
  /** Pages of 64 KiB that the memory may grow to. */
  readonly memoryPages: number;
  /** Elements that all tables may begin with together, and that each may grow to. */
  readonly tableElements: number;
}

/**
 * The sections of a module with both limits written into them, after a check of everything else it declares.
 *
 * @throws {Fault} any `WasmFaultCode`: WASM_LIMIT_EXCEEDED where it begins with more, WASM_UNSUPPORTED for more than
 *   one memory and for shared or 64-bit ones
 */
export function limitSections(sections: readonly Section[], limits: ModuleLimits): readonly Section[] {
  checkDeclarations(sections, limits);
  return withTableLimit(withMemoryLimit(sections, limits.memoryPages), limits.tableElements);
}

/** A memory by its size, imported or the module's own. */
export interface Memory {
  readonly extent: Extent;
  /** How it is named where it is imported. */
  readonly imported: { readonly module: string; readonly name: string } | undefined;
}

/** The memory of a module, if it has one. */
export function readMemory(sections: readonly Section[]): Memory | undefined {
  for (const { entry } of readImports(sections)) {
    if (entry.kind === 'memory') return { extent: entry.extent, imported: { module: entry.module, name: entry.name } };
  }
  const [own] = ownSites(sectionCursor(sections, sectionId.memory), 'memories', readMemorySite);
  return own && { extent: own.extent, imported: undefined };
}

/** The encoded types of what the tables hold, by the tables' indices. */
export function readTableTypes(sections: readonly Section[]): readonly Uint8Array[] {
  const typesIn = (id: number, sites: readonly Site[]): readonly Uint8Array[] => {
    const content = sectionCursor(sections, id)?.bytes ?? new Uint8Array(0);
    return sites.map(({ type, start }) => content.subarray(type, start));
  };
  const own = ownSites(sectionCursor(sections, sectionId.table), 'tables', readTable);
  return [...typesIn(sectionId.import, importedSites(sections, 'table')), ...typesIn(sectionId.table, own)];
}

/** A size declared in a section, and where in the section's content it stands. */
interface Site {
  readonly extent: Extent;
  /** Where the type of a table's elements begins; it ends at `start`. */
  readonly type: number;
  readonly start: number;
  readonly end: number;
}

function withMemoryLimit(sections: readonly Section[], maxPages: number): readonly Section[] {
  const imported = importedSites(sections, 'memory');
  const own = ownSites(sectionCursor(sections, sectionId.memory), 'memories', readMemorySite);
  if (imported.length + own.length > 1) throw wasmFault('WASM_UNSUPPORTED', 'it has more than one memory');
  const initial = initialSum([...imported, ...own]);
  if (initial > maxPages) {
    throw wasmFault('WASM_LIMIT_EXCEEDED', `its memory begins with ${initial} pages of 64 KiB and at most ${maxPages} are allowed`);
  }
  return rewritten(sections, { [sectionId.import]: imported, [sectionId.memory]: own }, maxPages);
}

function withTableLimit(sections: readonly Section[], maxElements: number): readonly Section[] {
  const imported = importedSites(sections, 'table');
  const own = ownSites(sectionCursor(sections, sectionId.table), 'tables', readTable);
  const initial = initialSum([...imported, ...own]);
  if (initial > maxElements) {
    throw wasmFault('WASM_LIMIT_EXCEEDED', `its tables begin with ${initial} elements and at most ${maxElements} are allowed`);
  }
  return rewritten(sections, { [sectionId.import]: imported, [sectionId.table]: own }, maxElements);
}

const initialSum = (sites: readonly Site[]): number => sites.reduce((sum, site) => sum + site.extent.initial, 0);

function importedSites(sections: readonly Section[], kind: 'memory' | 'table'): readonly Site[] {
  return readImports(sections).flatMap(({ entry, type, start, end }) => (entry.kind === kind ? [{ extent: entry.extent, type, start, end }] : []));
}

function ownSites(cursor: Cursor | undefined, entries: string, readSite: (cursor: Cursor) => Site): readonly Site[] {
  if (cursor === undefined) return [];
  const count = cursor.count(maxTables, entries);
  const sites = Array.from({ length: count }, () => readSite(cursor));
  cursor.end();
  return sites;
}

function readMemorySite(cursor: Cursor): Site {
  const start = cursor.at;
  const extent = readExtent(cursor, 'memory');
  return { extent, type: start, start, end: cursor.at };
}

/** A table is a type of elements and a size, or such a table marked 0x40 0x00 with the initial value of its elements. */
function readTable(cursor: Cursor): Site {
  const initialised = cursor.bytes[cursor.at] === 0x40;
  if (initialised && cursor.take(2)[1] !== 0) throw cursor.malformed('a table with an unknown mark');
  const type = cursor.at;
  readValueType(cursor);
  const start = cursor.at;
  const extent = readExtent(cursor, 'table');
  const end = cursor.at;
  if (initialised) skipInitialReference(cursor);
  return { extent, type, start, end };
}

const endOfExpression = 0x0b;

/** Passes over the constant expression that gives a table's elements their first value: a null, a function or a global. */
function skipInitialReference(cursor: Cursor): void {
  const opcode = cursor.byte();
  if (opcode === 0xd0) readHeapType(cursor);
  else if (opcode === 0xd2 || opcode === 0x23) cursor.u32();
  else throw wasmFault('WASM_UNSUPPORTED', `one of its tables is initialised by the instruction 0x${opcode.toString(16)}`);
  if (cursor.byte() !== endOfExpression) throw wasmFault('WASM_UNSUPPORTED', 'one of its tables is initialised by more than one instruction');
}

/** The sections with every maximum at those sites brought down to the limit; sections without such a site stay as they are. */
function rewritten(sections: readonly Section[], sites: Readonly<Record<number, readonly Site[]>>, limit: number): readonly Section[] {
  return sections.map((section) => {
    const tooLarge = (sites[section.id] ?? []).filter(({ extent }) => extent.maximum === undefined || extent.maximum > limit);
    if (tooLarge.length === 0) return section;
    const parts: Uint8Array[] = [];
    let kept = 0;
    for (const { extent, start, end } of tooLarge) {
      parts.push(section.content.subarray(kept, start), encodeExtent(extent.initial, limit));
      kept = end;
    }
    return makeSection(section.id, joinBytes(...parts, section.content.subarray(kept)));
  });
}
