// Damage to modules, from single bits to sections of other modules, and changes after which a module is often valid still:
// the ones that a reader has to understand rather than to refuse.
import { Cursor } from '../../lib/wasm/cursor.js';
import { encodeU32, joinBytes } from '../../lib/wasm/leb128.js';
import { makeSection, readSections, sectionId, writeModule, type Section } from '../../lib/wasm/sections.js';

import type { SeededRandom } from './seeded-random.js';

/** Bytes that mean something in many places: kinds, types, prefixes, long integers, and instructions that matter here. */
const telling = [0, 1, 2, 3, 4, 5, 6, 8, 0x0b, 0x0c, 0x0e, 0x10, 0x11, 0x12, 0x1c, 0x1f, 0x25, 0x26, 0x3f, 0x40, 0x41, 0x60, 0x63, 0x64, 0x6f, 0x70, 0x7b, 0x7f, 0x80, 0xd0, 0xd2, 0xfb, 0xfc, 0xfd, 0xfe, 0xff];

/** Instructions that may stand anywhere in a function, if the module has what they name. */
const insertions: readonly (readonly number[])[] = [
  [0x01],
  [0x41, 0, 0x1a],
  [0x41, 0x80, 0x80, 0x00, 0x1a],
  [0x3f, 0, 0x1a],
  [0x41, 0, 0x40, 0, 0x1a],
  [0x03, 0x40, 0x0b],
  [0x02, 0x7f, 0x41, 0, 0x0b, 0x1a],
  [0x41, 0, 0x28, 2, 0, 0x1a],
  [0x41, 0, 0x28, 2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, 0x1a],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0b, 0],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x8a, 0x80, 0x00, 0, 0],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x08, 0, 0],
  [0xfc, 0x09, 0],
  [0xfc, 0x89, 0x00, 0],
  [0xfc, 0x0d, 0],
  [0x41, 0, 0xd0, 0x70, 0x26, 0],
  [0x41, 0, 0xd0, 0x70, 0x41, 0, 0xfc, 0x11, 0],
  [0xd0, 0x70, 0x41, 0, 0xfc, 0x0f, 0, 0x1a],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0c, 0, 0],
  [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 0x0e, 0, 0],
  [0xfd, 0x0c, ...new Array<number>(16).fill(0x26), 0x1a],
  [0x43, 0xfc, 0x09, 0, 0, 0x1a],
  [0x06, 0x40, 0x19, 0x0b],
  [0x1f, 0x40, 0, 0x0b],
  [0xfe, 0x03, 0],
  [0xd0, 0x6e, 0x1a],
  [0xd0, 0x70, 0xd4, 0x1a],
];

/** A module with one to three changes. */
export function mutated(module: Uint8Array, others: readonly Uint8Array[], random: SeededRandom): Uint8Array<ArrayBuffer> {
  let result = Uint8Array.from(module);
  for (let change = random.below(3); change >= 0; change -= 1) result = changed(result, random.pick(others), random);
  return result;
}

type Change = (module: Uint8Array<ArrayBuffer>, other: Uint8Array, random: SeededRandom) => Uint8Array<ArrayBuffer>;

const changes: readonly Change[] = [
  flipBit,
  setByte,
  (module, _, random) => inSections(module, (sections) => damageSection(sections, random)),
  (module, other, random) => inSections(module, (sections) => spliceSection(sections, readSections(other), random)),
  (module, _, random) => inSections(module, (sections) => shuffleSections(sections, random)),
  (module, _, random) => inSections(module, (sections) => changeBody(sections, random, damageBody)),
  (module, _, random) => inSections(module, (sections) => changeBody(sections, random, insertInstructions)),
  (module, _, random) => inSections(module, (sections) => changeBody(sections, random, insertInstructions)),
  (module, _, random) => inSections(module, (sections) => changeBody(sections, random, insertInstructions)),
  (module, _, random) => (random.oneIn(5) ? module.slice(0, random.below(module.length)) : flipBit(module, module, random)),
];

function changed(module: Uint8Array<ArrayBuffer>, other: Uint8Array, random: SeededRandom): Uint8Array<ArrayBuffer> {
  return random.pick(changes)(module, other, random);
}

function flipBit(module: Uint8Array<ArrayBuffer>, _: Uint8Array, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const at = random.below(module.length);
  module[at] = (module[at] ?? 0) ^ (1 << random.below(8));
  return module;
}

function setByte(module: Uint8Array<ArrayBuffer>, _: Uint8Array, random: SeededRandom): Uint8Array<ArrayBuffer> {
  module[random.below(module.length)] = random.pick(telling);
  return module;
}

/** A module that was damaged before may have no sections to work on; then it stays as it is. */
function inSections(module: Uint8Array<ArrayBuffer>, change: (sections: readonly Section[]) => readonly Section[]): Uint8Array<ArrayBuffer> {
  let sections: readonly Section[];
  try {
    sections = readSections(module);
  } catch {
    return module;
  }
  return sections.length === 0 ? module : writeModule(change(sections));
}

/** Bytes with some put in or put in place of others. */
function damagedBytes(bytes: Uint8Array, random: SeededRandom): Uint8Array<ArrayBuffer> {
  const at = random.below(bytes.length + 1);
  const count = random.below(4);
  const put = Uint8Array.from({ length: count }, () => (random.oneIn(3) ? random.below(256) : random.pick(telling)));
  return joinBytes(bytes.subarray(0, at), put, bytes.subarray(at + (random.oneIn(3) ? 0 : Math.max(1, count))));
}

function damageSection(sections: readonly Section[], random: SeededRandom): readonly Section[] {
  const chosen = random.pick(sections);
  return sections.map((section) => (section === chosen ? makeSection(section.id, damagedBytes(section.content, random)) : section));
}

function spliceSection(sections: readonly Section[], others: readonly Section[], random: SeededRandom): readonly Section[] {
  const chosen = random.pick(sections);
  const other = others.find(({ id }) => id === chosen.id);
  if (other === undefined) return sections;
  const from = random.below(other.content.length + 1);
  const at = random.below(chosen.content.length + 1);
  const piece = random.oneIn(3) ? other.content : joinBytes(chosen.content.subarray(0, at), other.content.subarray(from, from + random.below(40)), chosen.content.subarray(at));
  return sections.map((section) => (section === chosen ? makeSection(section.id, piece) : section));
}

function shuffleSections(sections: readonly Section[], random: SeededRandom): readonly Section[] {
  const chosen = random.pick(sections);
  const rest = sections.filter((section) => section !== chosen);
  if (random.oneIn(3)) return rest;
  const at = random.below(rest.length + 1);
  return [...rest.slice(0, at), chosen, ...(random.oneIn(4) ? [chosen] : []), ...rest.slice(at)];
}

/** The sections with one function's body changed, its length and the section's put right. */
function changeBody(sections: readonly Section[], random: SeededRandom, change: (body: Uint8Array, random: SeededRandom) => Uint8Array): readonly Section[] {
  return sections.map((section) => {
    if (section.id !== sectionId.code) return section;
    const bodies = readBodies(section.content);
    if (bodies === undefined || bodies.length === 0) return section;
    const chosen = random.below(bodies.length);
    const written = bodies.flatMap((body, index) => {
      const kept = index === chosen ? change(body, random) : body;
      return [encodeU32(kept.length), kept];
    });
    return makeSection(section.id, joinBytes(encodeU32(bodies.length), ...written));
  });
}

function readBodies(content: Uint8Array): readonly Uint8Array[] | undefined {
  const cursor = new Cursor(content, 'code');
  try {
    return Array.from({ length: cursor.count(10_000, 'bodies') }, () => cursor.take(cursor.u32()));
  } catch {
    return undefined;
  }
}

function damageBody(body: Uint8Array, random: SeededRandom): Uint8Array {
  return damagedBytes(body, random);
}

/** Mostly right behind the locals, where a module stays valid. */
function insertInstructions(body: Uint8Array, random: SeededRandom): Uint8Array {
  const at = random.oneIn(4) ? random.below(body.length + 1) : codeStart(body);
  return joinBytes(body.subarray(0, at), Uint8Array.from(random.pick(insertions)), body.subarray(at));
}

function codeStart(body: Uint8Array): number {
  const cursor = new Cursor(body, 'code');
  try {
    for (let groups = cursor.u32(); groups > 0; groups -= 1) {
      cursor.u32();
      cursor.byte();
    }
    return cursor.at;
  } catch {
    return 0;
  }
}
