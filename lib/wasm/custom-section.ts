// Custom sections: named bytes that engines pass over. Policies keep their metadata in one (contract 3.1).
import { Cursor } from './cursor.js';
import { encodeU32, joinBytes } from './leb128.js';
import { makeSection, readSections, sectionId, writeModule, type Section } from './sections.js';

const encoder = new TextEncoder();

/** What the first custom section of that name holds, as a view of the module's bytes. */
export function customSection(module: Uint8Array, name: string): Uint8Array | undefined {
  for (const section of readSections(module)) {
    const payload = payloadNamed(section, encoder.encode(name));
    if (payload !== undefined) return payload;
  }
  return undefined;
}

/** The module with that custom section: in place of the first one of the name, else at the end; all else stays byte for byte. */
export function withCustomSection(module: Uint8Array, name: string, payload: Uint8Array): Uint8Array<ArrayBuffer> {
  const label = encoder.encode(name);
  const sections = [...readSections(module)];
  const index = sections.findIndex((section) => payloadNamed(section, label) !== undefined);
  const section = makeSection(sectionId.custom, joinBytes(encodeU32(label.length), label, payload));
  if (index < 0) sections.push(section);
  else sections[index] = section;
  return writeModule(sections);
}

/** The name of a custom section as text; bytes that are no UTF-8 become replacement characters. */
export function customSectionName(section: Section): string {
  const cursor = new Cursor(section.content, 'a custom section');
  return new TextDecoder().decode(cursor.take(cursor.u32()));
}

/** The payload of a section if it is a custom one of that name; names are compared as bytes, those of others need not be UTF-8. */
function payloadNamed(section: Section, label: Uint8Array): Uint8Array | undefined {
  if (section.id !== sectionId.custom) return undefined;
  const cursor = new Cursor(section.content, 'a custom section');
  const name = cursor.take(cursor.u32());
  const matches = name.length === label.length && name.every((byte, index) => byte === label[index]);
  return matches ? cursor.take(cursor.remaining) : undefined;
}
