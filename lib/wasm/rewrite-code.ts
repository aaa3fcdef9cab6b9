// Puts new code into a module that is understood whole: growth within spare pages, bulk operations in steps, deadline checks, and
// the saving of globals. What a module needs of this is decided by the proof, in rewrite.ts.
import type { AddedFunction } from './added-function.js';
import { chunkedCopy, chunkedFill, chunkedInit } from './bulk-chunks.js';
import { maxFunctionBytes } from './ceilings.js';
import type { FunctionBody } from './code.js';
import { Draft } from './draft.js';
import { encodeExtent } from './extent.js';
import { freeNames, type FreeNames } from './free-names.js';
import { readImports } from './imports.js';
import { write, type Encoded } from './instruction-writer.js';
import { opcode, type Instruction } from './instructions.js';
import type { ModuleLayout, MemoryImport } from './module-layout.js';
import { encodeS32, joinAll, joinBytes } from './leb128.js';
import type { Memory } from './limits.js';
import { encodeZeroGlobal, restoreFunction, saveFunction, type SavedGlobal } from './saved-globals.js';
import { withoutSection } from './section-edits.js';
import { sectionId, type Section } from './sections.js';
import { readTypes } from './signature.js';
import { tableOperation } from './table-operations.js';
import type { UnderstoodModule } from './understood-module.js';
import { reserveHeadroom, virtualGrow, type VirtualMemory } from './virtual-growth.js';
import { wasmFault } from './wasm-fault.js';

/** What is to be put in. */
export interface CodeChanges {
  /** Spare pages of a resettable module; undefined for one that is not, which nobody will reset. */
  readonly headroomPages: number | undefined;
  readonly epochChecks: boolean;
  /** Pages that a memory without a maximum of its own may have. */
  readonly maximumPages: number;
}

const epochExtent = Uint8Array.of(0x03, 1, 1);

/** The sections with the new code in them, and what a host must know about it. */
export function rewriteCode(module: UnderstoodModule, changes: CodeChanges): { readonly sections: readonly Section[]; readonly layout: ModuleLayout } {
  const rewriting = new Rewriting(module, changes);
  const bodies = module.code.functions.map((body) => rewriting.body(body));
  return rewriting.finished(bodies);
}

class Rewriting {
  readonly #module: UnderstoodModule;
  readonly #changes: CodeChanges;
  readonly #draft: Draft;
  /** Ends a guest whose time is up; empty where nobody can tell it so. */
  readonly #check: Encoded;
  /** Where the guest may have fewer pages than there are. */
  readonly #virtual: VirtualMemory | undefined;
  /** Calls of added functions by what they stand in for. */
  readonly #calls = new Map<string, Encoded>();

  constructor(module: UnderstoodModule, changes: CodeChanges) {
    this.#module = module;
    this.#changes = changes;
    this.#draft = new Draft(countsOf(module));
    this.#check = changes.epochChecks ? epochCheck(module.memory === undefined ? 0 : 1) : new Uint8Array(0);
    this.#virtual = this.#virtualMemory();
  }

  /** A function body with everything replaced that has to be. */
  body({ bytes, codeStart, sites, hasCalls }: FunctionBody): Uint8Array {
    const parts: Uint8Array[] = [];
    let kept = 0;
    // A function that calls nothing is no part of a recursion, and its loops are checked by themselves.
    if (hasCalls && this.#check.length > 0) {
      parts.push(bytes.subarray(0, codeStart), this.#check);
      kept = codeStart;
    }
    for (const site of sites) {
      const code = this.#replacement(site);
      if (code === undefined) continue;
      parts.push(bytes.subarray(kept, site.opcode === opcode.loop ? site.end : site.start), code);
      kept = site.end;
    }
    if (parts.length === 0) return bytes;
    const rewritten = joinAll([...parts, bytes.subarray(kept)]);
    if (rewritten.length > maxFunctionBytes) {
      throw wasmFault('WASM_LIMIT_EXCEEDED', `one of its functions has ${rewritten.length} bytes once checks are added, and at most ${maxFunctionBytes} are allowed`);
    }
    return rewritten;
  }

  finished(bodies: readonly Uint8Array[]): { readonly sections: readonly Section[]; readonly layout: ModuleLayout } {
    const { sections, memory } = this.#module;
    const names = freeNames(sections);
    const globals = this.#changes.headroomPages === undefined ? undefined : this.#saveGlobals(names);
    const exportedMemory = memory && names.exported('memory');
    if (exportedMemory !== undefined) this.#draft.addExport(exportedMemory, 'memory', 0);
    const { sections: placed, memoryImport } = this.#placeMemory(names.module);
    if (this.#changes.epochChecks) this.#draft.addMemoryImport(names.module, 'epoch', epochExtent);
    return {
      sections: this.#draft.addedTo(placed, bodies),
      layout: {
        memory: exportedMemory,
        globals,
        memoryImport,
        epochImport: this.#changes.epochChecks ? { module: names.module, name: 'epoch' } : undefined,
      },
    };
  }

  /** What stands in for an instruction, or behind it in the case of a loop. */
  #replacement(instruction: Instruction): Encoded | undefined {
    const { index } = instruction;
    switch (instruction.opcode) {
      case opcode.loop:
        return this.#check.length === 0 ? undefined : this.#check;
      case opcode.memorySize:
        return this.#virtual && write().at('global.get', this.#virtual.sizeGlobal).bytes;
      case opcode.memoryGrow:
        return this.#growth();
      case opcode.memoryFill:
        return this.#callTo('fill', () => chunkedFill(this.#check));
      case opcode.memoryCopy:
        return this.#callTo('copy', () => chunkedCopy(this.#check));
      case opcode.memoryInit:
        return this.#callTo(`init ${index}`, () => chunkedInit(index, this.#module.segmentLengths[index] ?? 0, this.#check));
      default:
        return this.#tableOperation(instruction);
    }
  }

  #growth(): Encoded | undefined {
    const memory = this.#virtual;
    return memory && this.#callTo('grow', () => virtualGrow(memory));
  }

  #tableOperation(instruction: Instruction): Encoded | undefined {
    const added = tableOperation(instruction, this.#module.tableTypes);
    return added && this.#callTo([instruction.opcode, instruction.index, instruction.secondIndex].join(' '), () => added);
  }

  #callTo(what: string, make: () => AddedFunction): Encoded {
    const known = this.#calls.get(what);
    if (known !== undefined) return known;
    const call = write().at('call', this.#draft.addFunction(make())).bytes;
    this.#calls.set(what, call);
    return call;
  }

  get #maximumPages(): number {
    return this.#module.memory?.extent.maximum ?? this.#changes.maximumPages;
  }

  /** Where nothing grows, or nobody resets, the guest sees the memory as it is. With 0 a host can still make room to spare. */
  #virtualMemory(): VirtualMemory | undefined {
    const { memory, code } = this.#module;
    const { headroomPages } = this.#changes;
    const grows = code.functions.some(({ sites }) => sites.some((site) => site.opcode === opcode.memoryGrow));
    if (memory === undefined || headroomPages === undefined || !grows) return undefined;
    return { sizeGlobal: this.#draft.addGlobal(sizeGlobal(memory)), maximumPages: this.#maximumPages, headroomPages };
  }

  #saveGlobals({ exported }: FreeNames): ModuleLayout['globals'] {
    const mutable = this.#module.globals.filter((global) => global.mutable).map(({ type, index }) => ({ type, index }));
    const all = this.#virtual === undefined ? mutable : [...mutable, { type: 'i32', index: this.#virtual.sizeGlobal }];
    const saved: readonly SavedGlobal[] = all.map(({ type, index }) => ({ type, index, savedIndex: this.#draft.addGlobal(encodeZeroGlobal(type)) }));
    const names = { save: exported('save'), restore: exported('restore') };
    this.#draft.addExport(names.save, 'function', this.#draft.addFunction(saveFunction(saved, this.#virtual === undefined ? write().bytes : reserveHeadroom(this.#virtual))));
    this.#draft.addExport(names.restore, 'function', this.#draft.addFunction(restoreFunction(saved)));
    return names;
  }

  /** The memory in its section, or made by the host where a second memory has to follow it. */
  #placeMemory(freeModule: string): { readonly sections: readonly Section[]; readonly memoryImport: MemoryImport | undefined } {
    const { sections, memory } = this.#module;
    if (memory === undefined) return { sections, memoryImport: undefined };
    const size = { initialPages: memory.extent.initial, maximumPages: this.#maximumPages };
    if (memory.imported !== undefined) return { sections, memoryImport: { ...memory.imported, ...size } };
    if (!this.#changes.epochChecks) return { sections, memoryImport: undefined };
    this.#draft.addMemoryImport(freeModule, 'memory', encodeExtent(size.initialPages, size.maximumPages));
    return { sections: withoutSection(sections, sectionId.memory), memoryImport: { module: freeModule, name: 'memory', ...size } };
  }
}

function countsOf({ sections, code, globals }: UnderstoodModule): { readonly types: number; readonly functions: number; readonly globals: number } {
  const imported = readImports(sections).filter(({ entry }) => entry.kind === 'function').length;
  return { types: readTypes(sections).length, functions: imported + code.functions.length, globals: globals.length };
}

function sizeGlobal({ extent }: Memory): Uint8Array {
  return joinBytes(Uint8Array.of(0x7f, 1, 0x41), encodeS32(extent.initial), Uint8Array.of(0x0b));
}

function epochCheck(memory: number): Encoded {
  return write().atomicLoad(memory).op('if', 'unreachable', 'end').bytes;
}
