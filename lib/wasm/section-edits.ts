// Adds entries to the sections of a module. Indices never shift: what is there keeps its number, and so its meaning everywhere.
import { encodeU32, joinBytes } from './leb128.js';
import { makeSection, placeOf, sectionCursor, type Section } from './sections.js';

/** The sections with entries added behind those of one section, which is made where it is missing. */
export function withEntries(sections: readonly Section[], id: number, entries: readonly Uint8Array[]): readonly Section[] {
  if (entries.length === 0) return sections;
  const cursor = sectionCursor(sections, id);
  const count = cursor?.u32() ?? 0;
  const kept = cursor === undefined ? new Uint8Array(0) : cursor.take(cursor.remaining);
  return withSection(sections, makeSection(id, joinBytes(encodeU32(count + entries.length), kept, ...entries)));
}

/** The sections with one of them replaced, or put where the format wants it. */
export function withSection(sections: readonly Section[], section: Section): readonly Section[] {
  if (sections.some(({ id }) => id === section.id)) return sections.map((present) => (present.id === section.id ? section : present));
  const before = sections.findIndex(({ id }) => id !== 0 && placeOf(id) > placeOf(section.id));
  const at = before < 0 ? sections.length : before;
  return [...sections.slice(0, at), section, ...sections.slice(at)];
}

/** The sections without that one. */
export function withoutSection(sections: readonly Section[], id: number): readonly Section[] {
  return sections.filter((section) => section.id !== id);
}

/** A name as the format has it: its length in bytes, and the bytes. */
export function encodeName(name: string): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  return joinBytes(encodeU32(bytes.length), bytes);
}
