// Every instruction that a rewritten module may hold: MVP, sign extension, saturating conversions, multi-value, bulk memory,
// reference types, fixed-width SIMD and tail calls. Anything else is unsupported and never skipped, since what is not
// understood can neither be proven harmless nor be interrupted.
import type { Cursor } from './cursor.js';
import { wasmFault } from './wasm-fault.js';

/** What an instruction carries behind its opcode. */
type Operand = 'index' | 'integer' | 'block' | 'labels' | 'memory' | 'access' | 'lane' | 'bytes-4' | 'bytes-8' | 'bytes-16' | 'types' | 'heap';

/** An instruction, as far as anybody here wants to know. */
export interface Instruction {
  /** One byte, or prefix and number as `opcode.prefixed` makes them. */
  readonly opcode: number;
  /** Offsets in the cursor's bytes: of the opcode, and of what follows the operands. */
  readonly start: number;
  readonly end: number;
  /** The first and the second operand where they are indices; else 0. */
  readonly index: number;
  readonly secondIndex: number;
}

/** An instruction that nothing here understands; not a fault, as the module may still be run without a proof. */
export class UnsupportedInstruction extends Error {
  override readonly name = 'UnsupportedInstruction';
}

const prefixed = (prefix: number, number: number): number => prefix * 0x10000 + number;

/** Opcodes that mean something to whoever reads code here. */
export const opcode = {
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  end: 0x0b,
  call: 0x10,
  callIndirect: 0x11,
  returnCall: 0x12,
  returnCallIndirect: 0x13,
  tableSet: 0x26,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  memoryInit: prefixed(0xfc, 8),
  dataDrop: prefixed(0xfc, 9),
  memoryCopy: prefixed(0xfc, 10),
  memoryFill: prefixed(0xfc, 11),
  tableInit: prefixed(0xfc, 12),
  elementDrop: prefixed(0xfc, 13),
  tableCopy: prefixed(0xfc, 14),
  tableGrow: prefixed(0xfc, 15),
  tableFill: prefixed(0xfc, 17),
} as const;

const miscellaneousPrefix = 0xfc;
const vectorPrefix = 0xfd;

/** Ranges of opcodes, both ends included, with their operands. */
type Rows = readonly (readonly [first: number, last: number, ...operands: readonly Operand[]])[];

const plainRows: Rows = [
  [0x00, 0x01],
  [0x02, 0x04, 'block'],
  [0x05, 0x05],
  [0x0b, 0x0b],
  [0x0c, 0x0d, 'index'],
  [0x0e, 0x0e, 'labels'],
  [0x0f, 0x0f],
  [0x10, 0x10, 'index'],
  [0x11, 0x11, 'index', 'index'],
  [0x12, 0x12, 'index'],
  [0x13, 0x13, 'index', 'index'],
  [0x1a, 0x1b],
  [0x1c, 0x1c, 'types'],
  [0x20, 0x26, 'index'],
  [0x28, 0x3e, 'access'],
  [0x3f, 0x40, 'memory'],
  [0x41, 0x42, 'integer'],
  [0x43, 0x43, 'bytes-4'],
  [0x44, 0x44, 'bytes-8'],
  [0x45, 0xc4],
  [0xd0, 0xd0, 'heap'],
  [0xd1, 0xd1],
  [0xd2, 0xd2, 'index'],
];

const miscellaneousRows: Rows = [
  [0, 7],
  [8, 8, 'index', 'memory'],
  [9, 9, 'index'],
  [10, 10, 'memory', 'memory'],
  [11, 11, 'memory'],
  [12, 12, 'index', 'index'],
  [13, 13, 'index'],
  [14, 14, 'index', 'index'],
  [15, 17, 'index'],
];

/** The numbers that are missing were never given to an instruction. */
const vectorRows: Rows = [
  [0x00, 0x0b, 'access'],
  [0x0c, 0x0d, 'bytes-16'],
  [0x0e, 0x14],
  [0x15, 0x22, 'lane'],
  [0x23, 0x53],
  [0x54, 0x5b, 'access', 'lane'],
  [0x5c, 0x5d, 'access'],
  [0x5e, 0x99],
  [0x9b, 0xa1],
  [0xa3, 0xa4],
  [0xa7, 0xae],
  [0xb1, 0xb1],
  [0xb5, 0xba],
  [0xbc, 0xc1],
  [0xc3, 0xc4],
  [0xc7, 0xce],
  [0xd1, 0xd1],
  [0xd5, 0xe1],
  [0xe3, 0xed],
  [0xef, 0xff],
];

function operandTable(): ReadonlyMap<number, readonly Operand[]> {
  const table = new Map<number, readonly Operand[]>();
  const add = (rows: Rows, codeOf: (number: number) => number): void => {
    for (const [first, last, ...operands] of rows) {
      for (let number = first; number <= last; number += 1) table.set(codeOf(number), operands);
    }
  };
  add(plainRows, (number) => number);
  add(miscellaneousRows, (number) => prefixed(miscellaneousPrefix, number));
  add(vectorRows, (number) => prefixed(vectorPrefix, number));
  return table;
}

const operandsByOpcode = operandTable();

/** Every opcode that is understood. */
export const supportedOpcodes: readonly number[] = [...operandsByOpcode.keys()];

/**
 * Reads the next instruction.
 *
 * @throws {UnsupportedInstruction} for one that is not understood
 * @throws {Fault} `WASM_TRUNCATED`, `WASM_MALFORMED`
 */
export function readInstruction(cursor: Cursor): Instruction {
  const start = cursor.at;
  const first = cursor.byte();
  const code = first === miscellaneousPrefix || first === vectorPrefix ? prefixed(first, prefixedNumber(cursor, first)) : first;
  const operands = operandsByOpcode.get(code);
  if (operands === undefined) throw unsupported(code < 0x100 ? [code] : [first, code % 0x10000]);
  const [one, two] = operands;
  const index = one === undefined ? 0 : skip[one](cursor);
  const secondIndex = two === undefined ? 0 : skip[two](cursor);
  return { opcode: code, start, end: cursor.at, index, secondIndex };
}

/** The number behind a prefix; one too large for any instruction must not pass for another prefix's. */
function prefixedNumber(cursor: Cursor, prefix: number): number {
  const number = cursor.u32();
  if (number > 0xffff) throw unsupported([prefix, number]);
  return number;
}

/** Names the instruction as hexadecimal numbers: `0xfc 0x0b`. */
function unsupported(code: readonly number[]): UnsupportedInstruction {
  return new UnsupportedInstruction(`the instruction ${code.map((number) => `0x${number.toString(16).padStart(2, '0')}`).join(' ')}`);
}

function take(cursor: Cursor, count: number): number {
  cursor.take(count);
  return 0;
}

function skipEach(cursor: Cursor, count: number, skip: () => void): number {
  if (count > cursor.remaining) throw wasmFault('WASM_TRUNCATED', `${cursor.what} announces ${count} entries in ${cursor.remaining} bytes`);
  for (let entry = 0; entry < count; entry += 1) skip();
  return 0;
}

function skipMemory(cursor: Cursor): number {
  if (cursor.u32() !== 0) throw new UnsupportedInstruction('a second memory');
  return 0;
}

/** Alignment and offset; the alignment's seventh bit announces the number of a memory. */
function skipAccess(cursor: Cursor): number {
  if (cursor.u32() >= 0x40) throw new UnsupportedInstruction('an access to a second memory');
  // Engines that know 64-bit memories read the offset as an integer of 64 bits in each.
  return skipInteger(cursor, 10);
}

/** An integer of so many bytes at most; its value is the engine's to judge. */
function skipInteger(cursor: Cursor, maxBytes: number): number {
  for (let length = 1; cursor.byte() >= 0x80; length += 1) {
    if (length === maxBytes) throw cursor.malformed(`an integer of more than ${maxBytes} bytes`);
  }
  return 0;
}

const noResult = 0x40;
const plainTypes: ReadonlySet<number> = new Set([0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f]);

/** Nothing, a value type, or the index of a function type, which is told by its sign. */
function skipBlockType(cursor: Cursor): number {
  const first = cursor.bytes[cursor.at] ?? 0;
  const isIndex = first >= 0x80 || (first & 0x40) === 0;
  if (isIndex) skipInteger(cursor, 5);
  else if (first === noResult) cursor.byte();
  else skipPlainType(cursor);
  return 0;
}

function skipPlainType(cursor: Cursor): void {
  const type = cursor.byte();
  if (!plainTypes.has(type)) throw new UnsupportedInstruction(`the value type 0x${type.toString(16)}`);
}

function skipHeapType(cursor: Cursor): number {
  const type = cursor.byte();
  if (type !== 0x70 && type !== 0x6f) throw new UnsupportedInstruction(`a reference to 0x${type.toString(16)}`);
  return 0;
}

/** How to pass over each operand; gives its value where that is an index. */
const skip: Readonly<Record<Operand, (cursor: Cursor) => number>> = {
  'index': (cursor) => cursor.u32(),
  'integer': (cursor) => skipInteger(cursor, 10),
  'block': skipBlockType,
  'labels': (cursor) => skipEach(cursor, cursor.u32() + 1, () => cursor.u32()),
  'memory': skipMemory,
  'access': skipAccess,
  'lane': (cursor) => take(cursor, 1),
  'bytes-4': (cursor) => take(cursor, 4),
  'bytes-8': (cursor) => take(cursor, 8),
  'bytes-16': (cursor) => take(cursor, 16),
  'types': (cursor) => skipEach(cursor, cursor.u32(), () => skipPlainType(cursor)),
  'heap': skipHeapType,
};
