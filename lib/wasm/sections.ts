// A module as a list of sections. The bytes of each are kept as they were (compilers pad integers), so that a module
// written back differs only where somebody changed it.
import { maxModuleBytes, maxSections } from './ceilings.js';
import { Cursor } from './cursor.js';
import { encodeU32, joinBytes } from './leb128.js';
import { wasmFault } from './wasm-fault.js';

/** Section ids of the binary format. */
export const sectionId = {
  custom: 0,
  type: 1,
  import: 2,
  function: 3,
  table: 4,
  memory: 5,
  global: 6,
  export: 7,
  start: 8,
  element: 9,
  code: 10,
  data: 11,
  dataCount: 12,
  tag: 13,
} as const;

/** The order the format prescribes for all but custom sections, which may stand anywhere. */
const prescribedOrder: readonly string[] = [
  'type', 'import', 'function', 'table', 'memory', 'tag', 'global', 'export', 'start', 'element', 'dataCount', 'code', 'data',
];

const names: ReadonlyMap<number, string> = new Map(Object.entries(sectionId).map(([name, id]) => [id, name]));

/** One section: what it holds, and all its bytes with id and length. */
export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
  readonly encoded: Uint8Array;
}

const preamble = Uint8Array.of(0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00);

/** A new section around its content. */
export function makeSection(id: number, content: Uint8Array): Section {
  return { id, content, encoded: joinBytes(Uint8Array.of(id), encodeU32(content.length), content) };
}

/**
 * The sections of a module, as views of its bytes.
 *
 * @throws {Fault} any `WasmFaultCode`; also for unknown, repeated or misplaced sections
 */
export function readSections(module: Uint8Array): readonly Section[] {
  if (module.length > maxModuleBytes) {
    throw wasmFault('WASM_LIMIT_EXCEEDED', `it has ${module.length} bytes and at most ${maxModuleBytes} are allowed`);
  }
  checkPreamble(module);
  const cursor = new Cursor(module, 'the module');
  cursor.at = preamble.length;
  const sections: Section[] = [];
  let latest = -1;
  while (!cursor.done) {
    if (sections.length === maxSections) throw wasmFault('WASM_LIMIT_EXCEEDED', `it has more than ${maxSections} sections`);
    const section = readSection(cursor);
    if (section.id !== sectionId.custom) latest = checkOrder(section.id, latest);
    sections.push(section);
  }
  return sections;
}

/** The bytes of a module made of these sections. */
export function writeModule(sections: readonly Section[]): Uint8Array<ArrayBuffer> {
  return joinBytes(preamble, ...sections.map((section) => section.encoded));
}

/** A cursor over the section with an id, if the module has one. */
export function sectionCursor(sections: readonly Section[], id: number): Cursor | undefined {
  const section = sections.find((candidate) => candidate.id === id);
  return section && new Cursor(section.content, `the ${names.get(id) ?? 'unknown'} section`);
}

function checkPreamble(module: Uint8Array): void {
  const fits = (count: number): boolean => preamble.subarray(0, count).every((byte, index) => module[index] === byte);
  if (!fits(4)) throw wasmFault('WASM_NOT_A_MODULE', 'its bytes do not begin with the magic number of WebAssembly');
  if (!fits(8)) {
    const found = module[6] === 1 ? 'a component' : 'an unknown version of the format';
    throw wasmFault('WASM_NOT_A_MODULE', `it is ${found}, and only core modules of version 1 can be run`);
  }
}

function readSection(cursor: Cursor): Section {
  const start = cursor.at;
  const id = cursor.byte();
  if (!names.has(id)) throw cursor.malformed(`a section of the unknown kind ${id}`);
  const content = cursor.take(cursor.u32());
  return { id, content, encoded: cursor.bytes.subarray(start, cursor.at) };
}

/** Where in the prescribed order a section stands that is no custom one. */
export function placeOf(id: number): number {
  return prescribedOrder.indexOf(names.get(id) ?? '');
}

/** The place of a section in the prescribed order, which must lie behind the latest one's. */
function checkOrder(id: number, latest: number): number {
  const place = placeOf(id);
  if (place <= latest) throw wasmFault('WASM_MALFORMED', `its ${names.get(id) ?? ''} section is repeated or out of order`);
  return place;
}
