// A policy that is larger than any sensible one: a small guest with many functions added that nobody calls.
import { Cursor } from '../../build/lib/wasm/cursor.js';
import { encodeS32, encodeU32, joinAll } from '../../build/lib/wasm/leb128.js';
import { makeSection, readSections, sectionId, writeModule } from '../../build/lib/wasm/sections.js';

/** One function body of type () -> (i32): sums that the engine has to compile one by one, in a loop. */
function body(seed) {
  const sums = Array.from({ length: 40 }, (_, index) => [Uint8Array.of(0x20, 0, 0x41), encodeS32((seed * 7919 + index * 104_729) | 0), Uint8Array.of(index % 2 === 0 ? 0x6a : 0x73, 0x21, 0)]).flat();
  const loop = [Uint8Array.of(0x03, 0x40), ...sums, Uint8Array.of(0x20, 0, 0x45, 0x0d, 0, 0x0b)];
  const code = joinAll([Uint8Array.of(1, 1, 0x7f), ...loop, Uint8Array.of(0x20, 0, 0x0b)]);
  return joinAll([encodeU32(code.length), code]);
}

/** A section that is a list, with entries added. */
function extended({ id, content }, entries) {
  const cursor = new Cursor(content, 'a section');
  const count = cursor.u32();
  return makeSection(id, joinAll([encodeU32(count + entries.length), content.subarray(cursor.at), ...entries]));
}

/** The guest with functions added until it has about so many bytes. */
export function enlarged(guest, bytes) {
  const sections = readSections(guest);
  const types = new Cursor(sections.find(({ id }) => id === sectionId.type).content, 'the type section').u32();
  const bodies = Array.from({ length: 200 }, (_, seed) => body(seed));
  const count = Math.floor(bytes / (bodies.reduce((sum, { length }) => sum + length, 0) / bodies.length));
  const added = new Map([
    [sectionId.type, [Uint8Array.of(0x60, 0, 1, 0x7f)]],
    [sectionId.function, Array.from({ length: count }, () => encodeU32(types))],
    [sectionId.code, Array.from({ length: count }, (_, index) => bodies[index % bodies.length])],
  ]);
  return { bytes: writeModule(sections.map((section) => (added.has(section.id) ? extended(section, added.get(section.id)) : section))), functions: count };
}
