// Random modules that are valid, for tests that compare what a module does with what a rewritten one does. The same seed gives
// the same module. What a function holds is generated-code.ts's.
import { constant, GeneratedFunction, typeBytes, unsigned, type Callee, type GeneratedGlobal } from './generated-code.js';
import { moduleOf, section } from './module-bytes.js';
import type { Letter } from './opcode-catalogue.js';
import { SeededRandom } from './seeded-random.js';

/** What kinds of modules are wanted. */
export interface GeneratorOptions {
  readonly seed: number;
  /** With instructions that change tables or drop segments. */
  readonly irreversible?: boolean;
  /** With an imported memory. */
  readonly importedMemory?: boolean;
}

/** A module and how to use it. */
export interface GeneratedModule {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Exported functions that take an i32 and an i64 and give an i64. */
  readonly operations: readonly string[];
  /** Exported functions without operands that give the bits of something: of the mutable globals, and the size of the memory. */
  readonly peeks: readonly string[];
  /** The pages that an imported memory has to begin with, and may have. */
  readonly memory: { readonly initial: number; readonly maximum: number };
}

type TypeKey = { readonly params: readonly Letter[]; readonly results: readonly Letter[] };

class Generator {
  readonly #options: GeneratorOptions;
  readonly #random: SeededRandom;
  readonly #types: TypeKey[] = [];
  readonly #functions: { readonly type: number; readonly body: readonly number[] }[] = [];
  readonly #exports: { readonly name: string; readonly kind: number; readonly index: number }[] = [];
  readonly #globals: GeneratedGlobal[] = [];
  readonly #globalSection: number[][] = [];
  readonly #callees: Callee[] = [];
  readonly #segmentBytes: number;
  #inTable: Callee | undefined;
  #turn: number;

  constructor(options: GeneratorOptions) {
    this.#options = options;
    this.#random = new SeededRandom(options.seed);
    // Each module goes on where the one before is likely to have stopped.
    this.#turn = options.seed * 211;
    this.#segmentBytes = this.#random.oneIn(5) ? 70_000 + this.#random.below(70_000) : 16 + this.#random.below(300);
  }

  generate(): GeneratedModule {
    const tick: Callee = { index: 0, params: ['i'], results: ['i'] };
    this.#callees.push(tick);
    this.#makeGlobals();
    // First in the table: it calls nothing but the host.
    this.#inTable = undefined;
    const leaf = this.#function(['i', 'I'], ['I'], 2);
    const marker = this.#function([], [], 1);
    this.#inTable = leaf;
    this.#callees.push(leaf);
    for (let helper = 0; helper < 3; helper += 1) this.#callees.push(this.#randomHelper());
    const operations = Array.from({ length: 4 }, (_, number) => this.#operation(number));
    const starts = this.#random.oneIn(2) ? this.#function([], [], 2).index : undefined;
    const memory = { initial: 2 + this.#random.below(2), maximum: 4 + this.#random.below(6) };
    return { bytes: this.#assembled(memory, leaf, marker, starts), operations, peeks: this.#peeks(), memory };
  }

  #typeOf(params: readonly Letter[], results: readonly Letter[]): number {
    const same = ({ params: p, results: r }: TypeKey): boolean => p.join() === params.join() && r.join() === results.join();
    const known = this.#types.findIndex(same);
    return known >= 0 ? known : this.#types.push({ params, results }) - 1;
  }

  #add(params: readonly Letter[], results: readonly Letter[], body: readonly number[]): Callee {
    const type = this.#typeOf(params, results);
    // The host's function is the first one.
    return { index: this.#functions.push({ type, body }), params, results };
  }

  #function(params: readonly Letter[], results: readonly Letter[], statements: number): Callee {
    const writer = new GeneratedFunction(params, results, {
      random: this.#random,
      globals: this.#globals,
      callees: [...this.#callees],
      typeOf: (taken, given) => this.#typeOf(taken, given),
      inTable: this.#inTable,
      segment: { index: 1, bytes: this.#segmentBytes },
      irreversible: this.#options.irreversible ?? false,
      turn: () => this.#turn++,
    });
    return this.#add(params, results, writer.body(statements));
  }

  #randomHelper(): Callee {
    const any = (): Letter => this.#random.pick(['i', 'I', 'f', 'F', 'v']);
    const params = Array.from({ length: this.#random.below(4) }, any);
    return this.#function(params, this.#random.oneIn(4) ? [any(), any()] : [any()], 2);
  }

  #operation(number: number): string {
    const name = `operation ${number}`;
    this.#exports.push({ name, kind: 0, index: this.#function(['i', 'I'], ['I'], 5 + this.#random.below(5)).index });
    return name;
  }

  #makeGlobals(): void {
    const all: readonly Letter[] = ['i', 'I', 'f', 'F', 'v'];
    for (const type of [...all, ...all, ...all]) {
      const mutable = !this.#random.oneIn(4);
      this.#globalSection.push([typeBytes[type], mutable ? 1 : 0, ...constant(type, this.#random), 0x0b]);
      this.#globals.push({ index: this.#globals.length, type, mutable });
    }
  }

  /** Adds functions that give the bits of what can change, and names them. */
  #peeks(): readonly string[] {
    return this.#exports.filter(({ name }) => name.startsWith('peek')).map(({ name }) => name);
  }

  #addPeeks(): void {
    const export64 = (name: string, code: readonly number[]): void => {
      this.#exports.push({ name, kind: 0, index: this.#add([], ['I'], [0, ...code, 0x0b]).index });
    };
    export64('peek at pages', [0x3f, 0, 0xad]);
    for (const { index, type, mutable } of this.#globals) {
      if (!mutable) continue;
      const get = [0x23, ...unsigned(index)];
      const bits: Partial<Record<Letter, readonly number[]>> = { i: [0xad], I: [], f: [0xbc, 0xad], F: [0xbd], v: [0xfd, 0x1d, 0] };
      export64(`peek at global ${index}`, [...get, ...(bits[type] ?? [])]);
      if (type === 'v') export64(`peek at the rest of global ${index}`, [...get, 0xfd, 0x1d, 1]);
    }
  }

  #assembled(memory: GeneratedModule['memory'], leaf: Callee, marker: Callee, starts: number | undefined): Uint8Array<ArrayBuffer> {
    this.#addPeeks();
    const tick = this.#typeOf(['i'], ['i']);
    const extent = [1, memory.initial, memory.maximum];
    const imported = this.#options.importedMemory ?? false;
    const imports = [[...text('env'), ...text('tick'), 0, ...unsigned(tick)], ...(imported ? [[...text('env'), ...text('memory'), 2, ...extent]] : [])];
    if (!imported) this.#exports.push({ name: 'memory', kind: 2, index: 0 });
    const listed = (indices: readonly number[]): readonly number[] => [...unsigned(indices.length), ...indices.flatMap(unsigned)];
    const types = this.#types.map(({ params, results }) => [0x60, ...unsigned(params.length), ...params.map((type) => typeBytes[type]), ...unsigned(results.length), ...results.map((type) => typeBytes[type])]);
    const passive = Uint8Array.from({ length: this.#segmentBytes }, (_, at) => (at * 7 + this.#options.seed) % 251);
    const parts = [
      vectorSection(1, types),
      vectorSection(2, imports),
      vectorSection(3, this.#functions.map(({ type }) => unsigned(type))),
      vectorSection(4, [[0x70, 1, 6, 20], [0x6f, 1, 6, 20]]),
      ...(imported ? [] : [vectorSection(5, [extent])]),
      vectorSection(6, this.#globalSection),
      vectorSection(7, this.#exports.map(({ name, kind, index }) => [...text(name), kind, ...unsigned(index)])),
      ...(starts === undefined ? [] : [section(8, Uint8Array.from(unsigned(starts)))]),
      vectorSection(9, [[0, 0x41, 0, 0x0b, ...listed([leaf.index, leaf.index, marker.index])], [1, 0, ...listed([leaf.index, marker.index])]]),
      section(12, Uint8Array.of(2)),
      vectorSection(10, this.#functions.map(({ body }) => [...unsigned(body.length), ...body])),
      vectorSection(11, [[0, 0x41, 16, 0x0b, ...text('data to begin with')], [1, ...unsigned(passive.length), ...passive]]),
    ];
    return moduleOf(...parts);
  }
}

function text(value: string): readonly number[] {
  const bytes = [...new TextEncoder().encode(value)];
  return [...unsigned(bytes.length), ...bytes];
}

function vectorSection(id: number, entries: readonly (readonly number[])[]): Uint8Array<ArrayBuffer> {
  return section(id, Uint8Array.from(unsigned(entries.length)), ...entries.map((entry) => Uint8Array.from(entry)));
}

/** The module of a seed. */
export function generateModule(options: GeneratorOptions): GeneratedModule {
  return new Generator(options).generate();
}

/** What the imported function of generated modules does. */
export function tick(value: number): number {
  return (Math.imul(value, 3) + 1) | 0;
}
