// Refuses modules that declare much in few bytes. The ceilings and their reasons are in ceilings.ts; the sizes of
// memory and tables are limited in limits.ts.
import {
  maxDataSegments, maxElementSegments, maxExports, maxFunctions, maxGlobals, maxLocals, maxLocalsPerFunction, maxTables, maxTags,
} from './ceilings.js';
import { Cursor } from './cursor.js';
import { readImports } from './imports.js';
import { definedSignatures } from './interface.js';
import { sectionCursor, sectionId, type Section } from './sections.js';
import { readTypes, type Signature } from './signature.js';
import { readValueType } from './value-type.js';
import { wasmFault } from './wasm-fault.js';

/** Limits below the ceilings that an operator may set. */
export interface DeclarationLimits {
  /** Functions, imported ones included. */
  readonly functions: number;
  /** Parameters and locals of one function. */
  readonly localsPerFunction: number;
  /** Bytes of all data segments together, with their headers. */
  readonly dataBytes: number;
}

/**
 * Checks how many things of each kind a module declares, its own and imported ones together.
 *
 * @param limits in place of the ceilings, which hold where there are none
 * @throws {Fault} WASM_LIMIT_EXCEEDED beyond a ceiling, WASM_MALFORMED or WASM_TRUNCATED where counts make no sense
 */
export function checkDeclarations(sections: readonly Section[], { functions = maxFunctions, localsPerFunction = maxLocalsPerFunction, dataBytes }: Partial<DeclarationLimits> = {}): void {
  const types = readTypes(sections);
  const imports = readImports(sections, types);
  const imported = (kind: string): number => imports.filter((site) => site.entry.kind === kind).length;
  checkCount(sections, sectionId.function, 'functions', functions - imported('function'));
  checkCount(sections, sectionId.table, 'tables', maxTables - imported('table'));
  checkCount(sections, sectionId.tag, 'exception tags', maxTags - imported('tag'));
  checkCount(sections, sectionId.global, 'globals', maxGlobals - imported('global'));
  checkCount(sections, sectionId.export, 'exports', maxExports);
  checkCount(sections, sectionId.element, 'element segments', maxElementSegments);
  checkCount(sections, sectionId.data, 'data segments', maxDataSegments);
  checkData(sectionCursor(sections, sectionId.data), dataBytes);
  checkLocals(sectionCursor(sections, sectionId.code), definedSignatures(sections, types), localsPerFunction);
}

function checkCount(sections: readonly Section[], id: number, entries: string, most: number): void {
  sectionCursor(sections, id)?.count(most, entries);
}

function checkData(data: Cursor | undefined, most: number | undefined): void {
  const bytes = data?.bytes.length ?? 0;
  if (most !== undefined && bytes > most) throw wasmFault('WASM_LIMIT_EXCEEDED', `it carries ${bytes} bytes of data and at most ${most} are allowed`);
}

/** Checks the parameters and locals of each function and of all together. */
function checkLocals(code: Cursor | undefined, signatures: readonly Signature[], most: number): void {
  const bodies = code?.count(maxFunctions, 'function bodies') ?? 0;
  if (bodies !== signatures.length) throw wasmFault('WASM_MALFORMED', `it declares ${signatures.length} functions and has ${bodies} bodies`);
  if (code === undefined) return;
  let total = 0;
  for (const signature of signatures) {
    const locals = signature.params.length + readLocals(code);
    if (locals > most) {
      throw wasmFault('WASM_LIMIT_EXCEEDED', `one of its functions has ${locals} locals and at most ${most} are allowed`);
    }
    total += locals;
  }
  if (total > maxLocals) throw wasmFault('WASM_LIMIT_EXCEEDED', `its functions have ${total} locals together and at most ${maxLocals} are allowed`);
  code.end();
}

/** How many locals the next function body declares; the cursor passes over the body. */
function readLocals(code: Cursor): number {
  const body = new Cursor(code.take(code.u32()), 'a function body');
  const groups = body.count(maxLocalsPerFunction, 'groups of locals in one function');
  let locals = 0;
  for (let group = 0; group < groups; group += 1) {
    locals += body.u32();
    readValueType(body);
  }
  return locals;
}
