// The code section read once: where the instructions stand that the rewriter replaces, and which parts of an instance's state
// the code changes besides memory and globals. What follows from that is resettable.ts and rewrite.ts.
import { maxFunctions, maxLocalsPerFunction, maxRewrittenInstructions } from './ceilings.js';
import { Cursor } from './cursor.js';
import { readImports } from './imports.js';
import { opcode, readInstruction, type Instruction } from './instructions.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readValueType } from './value-type.js';
import { wasmFault } from './wasm-fault.js';

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

/** All the code of a module. */
export interface Code {
  readonly functions: readonly FunctionBody[];
  /** What it changes that a reset cannot put back: clauses such as "it writes to a table (table.set in function 12)". */
  readonly irreversible: readonly string[];
}

const siteOpcodes: ReadonlySet<number> = new Set([
  opcode.loop, opcode.memorySize, opcode.memoryGrow, opcode.memoryInit, opcode.memoryCopy, opcode.memoryFill,
  opcode.tableInit, opcode.tableCopy, opcode.tableGrow, opcode.tableFill,
]);
const callOpcodes: ReadonlySet<number> = new Set([opcode.call, opcode.callIndirect, opcode.returnCall, opcode.returnCallIndirect]);

/** What they do, and their names. */
const irreversibleOpcodes: ReadonlyMap<number, readonly [effect: string, name: string]> = new Map([
  [opcode.tableSet, ['it writes to a table', 'table.set']],
  [opcode.tableInit, ['it writes to a table', 'table.init']],
  [opcode.tableCopy, ['it writes to a table', 'table.copy']],
  [opcode.tableGrow, ['it grows a table', 'table.grow']],
  [opcode.tableFill, ['it writes to a table', 'table.fill']],
  [opcode.dataDrop, ['it drops a data segment', 'data.drop']],
  [opcode.elementDrop, ['it drops an element segment', 'elem.drop']],
]);

/**
 * Reads every instruction of every function.
 *
 * @throws {UnsupportedInstruction} at the first one that is not understood
 * @throws {Fault} `WASM_TRUNCATED`, `WASM_MALFORMED`, `WASM_LIMIT_EXCEEDED`
 */
export function readCode(sections: readonly Section[]): Code {
  const cursor = sectionCursor(sections, sectionId.code);
  if (cursor === undefined) return { functions: [], irreversible: [] };
  const imported = readImports(sections).filter(({ entry }) => entry.kind === 'function').length;
  const firstUse = new Map<number, number>();
  const functions: FunctionBody[] = [];
  let sites = 0;
  const count = cursor.count(maxFunctions, 'function bodies');
  for (let index = 0; index < count; index += 1) {
    functions.push(readBody(cursor.take(cursor.u32()), (code) => {
      if (!firstUse.has(code)) firstUse.set(code, imported + index);
    }));
    sites += functions.at(-1)?.sites.length ?? 0;
    if (sites > maxRewrittenInstructions) throw wasmFault('WASM_LIMIT_EXCEEDED', `it has more than ${maxRewrittenInstructions} loops and operations on whole memories and tables`);
  }
  cursor.end();
  return { functions, irreversible: [...irreversibleOpcodes].flatMap(([code, [effect, name]]) => clause(effect, name, firstUse.get(code))) };
}

function clause(effect: string, name: string, functionIndex: number | undefined): readonly string[] {
  return functionIndex === undefined ? [] : [`${effect} (${name} in function ${functionIndex})`];
}

/** Reads one body; tells of each irreversible instruction in it. */
function readBody(bytes: Uint8Array, onIrreversible: (code: number) => void): FunctionBody {
  const cursor = new Cursor(bytes, 'a function body');
  skipLocals(cursor);
  const codeStart = cursor.at;
  const sites: Instruction[] = [];
  let hasCalls = false;
  while (!cursor.done) {
    const instruction = readInstruction(cursor);
    if (siteOpcodes.has(instruction.opcode)) sites.push(instruction);
    else if (callOpcodes.has(instruction.opcode)) hasCalls = true;
    if (irreversibleOpcodes.has(instruction.opcode)) onIrreversible(instruction.opcode);
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
