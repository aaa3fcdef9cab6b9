// A module to which things are being added. Everything added gets the next free index of its kind; nothing that was there
// changes its own.
import { encodeBody, encodeType, type AddedFunction } from './added-function.js';
import type { FunctionBody } from './code.js';
import { encodeU32, joinAll, joinBytes } from './leb128.js';
import { encodeName, withEntries, withSection } from './section-edits.js';
import { makeSection, sectionId, type Section } from './sections.js';

/** How many of each kind a module has, imported ones included. */
export interface Counts {
  readonly types: number;
  readonly functions: number;
  readonly globals: number;
}

/** The kinds of things that exports name, as the format numbers them. */
const exportKinds = { function: 0, memory: 2 } as const;

/** Collects what is to be added, and puts it all in place at the end. */
export class Draft {
  readonly #counts: Counts;
  /** Types by their bytes, in the order of their indices. */
  readonly #types = new Map<string, { readonly index: number; readonly encoded: Uint8Array }>();
  readonly #functions: { readonly type: number; readonly body: Uint8Array }[] = [];
  readonly #imports: Uint8Array[] = [];
  readonly #globals: Uint8Array[] = [];
  readonly #exports: Uint8Array[] = [];

  constructor(counts: Counts) {
    this.#counts = counts;
  }

  /** Adds a function; gives its index. */
  addFunction(added: AddedFunction): number {
    return this.#counts.functions + this.#functions.push({ type: this.#typeOf(added), body: encodeBody(added) }) - 1;
  }

  /** Adds a global as an entry of the global section; gives its index. */
  addGlobal(entry: Uint8Array): number {
    return this.#counts.globals + this.#globals.push(entry) - 1;
  }

  addExport(name: string, kind: keyof typeof exportKinds, index: number): void {
    this.#exports.push(joinBytes(encodeName(name), Uint8Array.of(exportKinds[kind]), encodeU32(index)));
  }

  /** Adds the import of a memory, of the size that an encoded extent says. */
  addMemoryImport(module: string, name: string, extent: Uint8Array): void {
    this.#imports.push(joinBytes(encodeName(module), encodeName(name), Uint8Array.of(2), extent));
  }

  /** The sections with all of it, and with these bodies in place of the old ones. */
  addedTo(sections: readonly Section[], bodies: readonly FunctionBody['bytes'][]): readonly Section[] {
    const code = [...bodies.flatMap((body) => [encodeU32(body.length), body]), ...this.#functions.map(({ body }) => body)];
    const count = bodies.length + this.#functions.length;
    const withCode = count === 0 ? sections : withSection(sections, makeSection(sectionId.code, joinAll([encodeU32(count), ...code])));
    const additions: readonly (readonly [id: number, entries: readonly Uint8Array[]])[] = [
      [sectionId.type, [...this.#types.values()].map(({ encoded }) => encoded)],
      [sectionId.import, this.#imports],
      [sectionId.function, this.#functions.map(({ type }) => encodeU32(type))],
      [sectionId.global, this.#globals],
      [sectionId.export, this.#exports],
    ];
    return additions.reduce((edited, [id, entries]) => withEntries(edited, id, entries), withCode);
  }

  /** The index of a function's type; equal types are added once. */
  #typeOf(added: AddedFunction): number {
    const encoded = encodeType(added);
    const key = encoded.join();
    const known = this.#types.get(key) ?? { index: this.#counts.types + this.#types.size, encoded };
    this.#types.set(key, known);
    return known.index;
  }
}
