// Puts new code into a module that is understood whole: growth within spare pages, bulk operations in steps, deadline checks, and
// the saving of globals. What a module needs of this is decided by the proof, in rewrite.ts.
import type { AddedFunction } from './added-function.js';
import { chunkBytes, chunkedCopy, chunkedFill, chunkedInit } from './bulk-chunks.js';
import type { FunctionBody } from './code.js';
import { Draft } from './draft.js';
import { encodeExtent } from './extent.js';
import { readImports } from './imports.js';
import { write, type Encoded } from './instruction-writer.js';
import { opcode, type Instruction } from './instructions.js';
import type { ModuleLayout, MemoryImport } from './module-layout.js';
import { moduleExports } from './interface.js';
import { encodeS32, encodeU32, joinAll, joinBytes } from './leb128.js';
import type { Memory } from './limits.js';
import { encodeZeroGlobal, restoreFunction, saveFunction, type SavedGlobal } from './saved-globals.js';
import { withSection, withoutSection } from './section-edits.js';
import { makeSection, sectionId, type Section } from './sections.js';
import { readTypes } from './signature.js';
import type { UnderstoodModule } from './understood-module.js';
import { virtualGrow } from './virtual-growth.js';

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
  /** Holds the pages that the guest believes to have, where those are fewer than there are. */
  readonly #sizeGlobal: number | undefined;
  /** Calls of added functions by what they stand in for. */
  readonly #calls = new Map<string, Encoded>();

  constructor(module: UnderstoodModule, changes: CodeChanges) {
    this.#module = module;
    this.#changes = changes;
    this.#draft = new Draft(countsOf(module));
    this.#check = changes.epochChecks ? epochCheck(module.memory === undefined ? 0 : 1) : new Uint8Array(0);
    this.#sizeGlobal = module.memory === undefined || changes.headroomPages === undefined ? undefined : this.#draft.addGlobal(sizeGlobal(module.memory));
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
    return parts.length === 0 ? bytes : joinAll([...parts, bytes.subarray(kept)]);
  }

  finished(bodies: readonly Uint8Array[]): { readonly sections: readonly Section[]; readonly layout: ModuleLayout } {
    const { sections, memory } = this.#module;
    const names = freeNames(sections);
    const globals = this.#changes.headroomPages === undefined ? undefined : this.#saveGlobals(names.exported);
    if (memory !== undefined) this.#draft.addExport(names.exported('memory'), 'memory', 0);
    const { sections: sized, memoryImport } = this.#placeMemory(names.module);
    if (this.#changes.epochChecks) this.#draft.addMemoryImport(names.module, 'epoch', epochExtent);
    return {
      sections: this.#draft.addedTo(sized, bodies),
      layout: {
        memory: memory && names.exported('memory'),
        globals,
        memoryImport,
        epochImport: this.#changes.epochChecks ? { module: names.module, name: 'epoch' } : undefined,
      },
    };
  }

  /** What stands in for an instruction, or behind it in the case of a loop. */
  #replacement({ opcode: code, index }: Instruction): Encoded | undefined {
    switch (code) {
      case opcode.loop:
        return this.#check.length === 0 ? undefined : this.#check;
      case opcode.memorySize:
        return this.#sizeGlobal === undefined ? undefined : write().at('global.get', this.#sizeGlobal).bytes;
      case opcode.memoryGrow:
        return this.#growth();
      case opcode.memoryFill:
        return this.#callTo('fill', () => chunkedFill(this.#check));
      case opcode.memoryCopy:
        return this.#callTo('copy', () => chunkedCopy(this.#check));
      case opcode.memoryInit:
        return this.#initialisation(index);
      default:
        return undefined;
    }
  }

  #growth(): Encoded | undefined {
    const sizeGlobal = this.#sizeGlobal;
    return sizeGlobal === undefined ? undefined : this.#callTo('grow', () => virtualGrow(sizeGlobal, this.#maximumPages));
  }

  #initialisation(segment: number): Encoded | undefined {
    const length = this.#module.segmentLengths[segment] ?? 0;
    return length <= chunkBytes ? undefined : this.#callTo(`init ${segment}`, () => chunkedInit(segment, length, this.#check));
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

  #saveGlobals(exported: (name: string) => string): ModuleLayout['globals'] {
    const mutable = this.#module.globals.filter((global) => global.mutable).map(({ type, index }) => ({ type, index }));
    const all = this.#sizeGlobal === undefined ? mutable : [...mutable, { type: 'i32', index: this.#sizeGlobal }];
    const saved: readonly SavedGlobal[] = all.map(({ type, index }) => ({ type, index, savedIndex: this.#draft.addGlobal(encodeZeroGlobal(type)) }));
    const names = { save: exported('save'), restore: exported('restore') };
    this.#draft.addExport(names.save, 'function', this.#draft.addFunction(saveFunction(saved)));
    this.#draft.addExport(names.restore, 'function', this.#draft.addFunction(restoreFunction(saved)));
    return names;
  }

  /** The memory with its spare pages: in its section, or made by the host where a second memory has to follow it. */
  #placeMemory(freeModule: string): { readonly sections: readonly Section[]; readonly memoryImport: MemoryImport | undefined } {
    const { sections, memory } = this.#module;
    if (memory === undefined) return { sections, memoryImport: undefined };
    const maximumPages = this.#maximumPages;
    const initialPages = Math.min(maximumPages, memory.extent.initial + (this.#changes.headroomPages ?? 0));
    if (memory.imported !== undefined) return { sections, memoryImport: { ...memory.imported, initialPages, maximumPages } };
    const extent = encodeExtent(initialPages, maximumPages);
    if (!this.#changes.epochChecks) return { sections: withSection(sections, makeSection(sectionId.memory, joinBytes(encodeU32(1), extent))), memoryImport: undefined };
    this.#draft.addMemoryImport(freeModule, 'memory', extent);
    return { sections: withoutSection(sections, sectionId.memory), memoryImport: { module: freeModule, name: 'memory', initialPages, maximumPages } };
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

/** Names that the module does not use: of a module to import from, and of exports. */
function freeNames(sections: readonly Section[]): { readonly module: string; readonly exported: (name: string) => string } {
  const modules = new Set(readImports(sections).map(({ entry }) => entry.module));
  const taken = [...moduleExports(sections)].map(({ name }) => name);
  let prefix = 'wasmwarden';
  while (modules.has(prefix) || taken.some((name) => name.startsWith(prefix))) prefix += '_';
  return { module: prefix, exported: (name) => `${prefix}.${name}` };
}
