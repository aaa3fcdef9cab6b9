// The code section read once: where the instructions stand that the rewriter replaces, and which parts of an instance's state
// the code changes besides memory and globals. What follows from that is resettable.ts and rewrite.ts.
import { maxFunctions, maxLocalsPerFunction } from './ceilings.js';
import { Cursor } from './cursor.js';
import { opcode, readInstruction, type Instruction } from './instructions.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readValueType } from './value-type.js';

/** A function body: its bytes without the length in front. */
export interface FunctionBody {
  readonly bytes: Uint8Array;
  /** Offset of the first instruction: behind the locals. */
  readonly codeStart: number;
  /** The instructions that a rewriter may want to replace or to extend, in order. */
  readonly sites: readonly Instruction[];
  /** Whether it calls anything: only such a function can be part of a recursion. */
  readonly hasCalls: boolean;
}

/** What code changes that a reset cannot put back: a clause such as "it writes to a table (table.set)". */
export type Irreversible = string;

/** All the code of a module. */
export interface Code {
  readonly functions: readonly FunctionBody[];
  readonly irreversible: ReadonlySet<Irreversible>;
}

const siteOpcodes: ReadonlySet<number> = new Set([opcode.loop, opcode.memorySize, opcode.memoryGrow, opcode.memoryInit, opcode.memoryCopy, opcode.memoryFill]);
const callOpcodes: ReadonlySet<number> = new Set([opcode.call, opcode.callIndirect, opcode.returnCall, opcode.returnCallIndirect]);

const irreversibleOpcodes: ReadonlyMap<number, Irreversible> = new Map([
  [opcode.tableSet, 'it writes to a table (table.set)'],
  [opcode.tableInit, 'it writes to a table (table.init)'],
  [opcode.tableCopy, 'it writes to a table (table.copy)'],
  [opcode.tableGrow, 'it grows a table (table.grow)'],
  [opcode.tableFill, 'it writes to a table (table.fill)'],
  [opcode.dataDrop, 'it drops a data segment (data.drop)'],
  [opcode.elementDrop, 'it drops an element segment (elem.drop)'],
]);

/**
 * Reads every instruction of every function.
 *
 * @throws {UnsupportedInstruction} at the first one that is not understood
 * @throws {Fault} `WASM_TRUNCATED`, `WASM_MALFORMED`
 */
export function readCode(sections: readonly Section[]): Code {
  const cursor = sectionCursor(sections, sectionId.code);
  if (cursor === undefined) return { functions: [], irreversible: new Set() };
  const irreversible = new Set<Irreversible>();
  const functions: FunctionBody[] = [];
  const count = cursor.count(maxFunctions, 'function bodies');
  for (let index = 0; index < count; index += 1) functions.push(readBody(cursor.take(cursor.u32()), irreversible));
  cursor.end();
  return { functions, irreversible };
}

function readBody(bytes: Uint8Array, irreversible: Set<Irreversible>): FunctionBody {
  const cursor = new Cursor(bytes, 'a function body');
  skipLocals(cursor);
  const codeStart = cursor.at;
  const sites: Instruction[] = [];
  let hasCalls = false;
  while (!cursor.done) {
    const instruction = readInstruction(cursor);
    if (siteOpcodes.has(instruction.opcode)) sites.push(instruction);
    else if (callOpcodes.has(instruction.opcode)) hasCalls = true;
    const change = irreversibleOpcodes.get(instruction.opcode);
    if (change !== undefined) irreversible.add(change);
  }
  return { bytes, codeStart, sites, hasCalls };
}

function skipLocals(cursor: Cursor): void {
  const groups = cursor.count(maxLocalsPerFunction, 'groups of locals in one function');
  for (let group = 0; group < groups; group += 1) {
    cursor.u32();
    readValueType(cursor);
  }
}
