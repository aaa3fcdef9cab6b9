// Random function bodies that are valid and come to an end: every loop has a counter, and calls go to earlier functions only.
// The module around them is module-generator.ts's.
import { catalogue, type Letter, type Operation } from './opcode-catalogue.js';
import type { SeededRandom } from './seeded-random.js';

/** Types as bytes of the format. */
export const typeBytes: Readonly<Record<Letter, number>> = { i: 0x7f, I: 0x7e, f: 0x7d, F: 0x7c, v: 0x7b, r: 0x70, x: 0x6f };

/** A function that generated code may call. */
export interface Callee {
  readonly index: number;
  readonly params: readonly Letter[];
  readonly results: readonly Letter[];
}

/** A global that generated code may read, and write if it is mutable. */
export interface GeneratedGlobal {
  readonly index: number;
  readonly type: Letter;
  readonly mutable: boolean;
}

/** What generated code finds around it. */
export interface CodeSurroundings {
  readonly random: SeededRandom;
  readonly globals: readonly GeneratedGlobal[];
  readonly callees: readonly Callee[];
  /** The index of a type, which is made if there is none such. */
  readonly typeOf: (params: readonly Letter[], results: readonly Letter[]) => number;
  /** A function of the type (i32, i64) -> i64 that stands in the table. */
  readonly inTable: Callee | undefined;
  /** The passive data segment, and how long it is. */
  readonly segment: { readonly index: number; readonly bytes: number };
  /** Are instructions allowed that change tables and drop segments? */
  readonly irreversible: boolean;
  /** Counts up over all functions of a test, so that every instruction gets its turn. */
  readonly turn: () => number;
}

const numbers: readonly Letter[] = ['i', 'I', 'f', 'F', 'v'];
const stores = catalogue.filter(({ gives }) => gives === undefined);
const operationsGiving: ReadonlyMap<Letter, readonly Operation[]> = new Map(numbers.map((type) => [type, catalogue.filter(({ gives }) => gives === type)]));

/** Integer divisions, which trap on zero, and conversions that trap on what is no integer. */
const divisions: ReadonlySet<number> = new Set([0x6d, 0x6e, 0x6f, 0x70, 0x7f, 0x80, 0x81, 0x82]);
const truncations: ReadonlySet<number> = new Set([0xa8, 0xa9, 0xaa, 0xab, 0xae, 0xaf, 0xb0, 0xb1]);

/** An unsigned integer as LEB128. */
export function unsigned(value: number): readonly number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(Math.floor(value / 0x80))];
}

/** A signed integer as LEB128. */
export function signed(value: bigint): readonly number[] {
  return value >= -0x40n && value < 0x40n ? [Number(value & 0x7fn)] : [Number(value & 0x7fn) | 0x80, ...signed(value >> 7n)];
}

/** Bytes of floats that tell: NaNs with payloads, quiet and signalling, zeros of both signs, and ordinary ones. */
function floatBytes(random: SeededRandom, size: 4 | 8): readonly number[] {
  const view = new DataView(new ArrayBuffer(8));
  const high = size === 4 ? 0x7f80_0000 : 0x7ff0_0000;
  switch (random.below(4)) {
    case 0:
      // Only quiet ones: what moving a signalling one makes of it, the standard leaves open.
      view.setUint32(size - 4, (high | (size === 4 ? 0x40_0000 : 0x8_0000) | random.below(0x3_ffff) | (random.oneIn(2) ? 0x8000_0000 : 0)) >>> 0, true);
      if (size === 8) view.setUint32(0, random.u32(), true);
      break;
    case 1:
      view.setUint32(size - 4, random.oneIn(2) ? 0x8000_0000 : 0, true);
      break;
    default:
      if (size === 4) view.setFloat32(0, (random.below(2000) - 1000) / 8, true);
      else view.setFloat64(0, (random.below(2_000_000) - 1_000_000) / 64, true);
  }
  return [...new Uint8Array(view.buffer, 0, size)];
}

/** A constant expression of a type, without its end. */
export function constant(type: Letter, random: SeededRandom): readonly number[] {
  switch (type) {
    case 'i': return [0x41, ...signed(BigInt(random.oneIn(3) ? random.u32() | 0 : random.below(200) - 20))];
    case 'I': return [0x42, ...signed(random.oneIn(3) ? BigInt.asIntN(64, (BigInt(random.u32()) << 32n) | BigInt(random.u32())) : BigInt(random.below(200) - 20))];
    case 'f': return [0x43, ...floatBytes(random, 4)];
    case 'F': return [0x44, ...floatBytes(random, 8)];
    case 'v': return [0xfd, 0x0c, ...(random.oneIn(2) ? [...floatBytes(random, 8), ...floatBytes(random, 8)] : random.bytes(16))];
    case 'r': return [0xd0, 0x70];
    case 'x': return [0xd0, 0x6f];
  }
}

/** Writes one function's locals and instructions. */
export class GeneratedFunction {
  readonly #around: CodeSurroundings;
  readonly #random: SeededRandom;
  readonly #params: readonly Letter[];
  readonly #results: readonly Letter[];
  readonly #locals: Letter[] = [];
  readonly #code: number[] = [];
  /** Locals that generated code sets and gets; counters and scratch are not among them. */
  readonly #free: readonly number[];
  readonly #scratch: Readonly<Record<'f' | 'F' | 'v' | 'i', number>>;

  constructor(params: readonly Letter[], results: readonly Letter[], around: CodeSurroundings) {
    this.#results = results;
    this.#around = around;
    this.#random = around.random;
    this.#params = params;
    const free: Letter[] = ['i', 'i', 'I', 'f', 'F', 'v', 'r', 'x'];
    const added = free.map((type) => this.#local(type));
    this.#free = [...params.keys(), ...added];
    this.#scratch = { f: this.#local('f'), F: this.#local('F'), v: this.#local('v'), i: this.#local('i') };
  }

  /** So many statements, then the results. */
  body(statements: number): readonly number[] {
    for (let count = 0; count < statements; count += 1) this.#statement(2);
    const target = this.#around.inTable;
    if (target !== undefined && this.#results.join('') === 'I' && this.#random.oneIn(4)) this.#tailCall(target);
    else for (const type of this.#results) this.#expression(type, 2);
    const groups = this.#locals.map((type) => [1, typeBytes[type]]);
    return [...unsigned(groups.length), ...groups.flat(), ...this.#code, 0x0b];
  }

  #local(type: Letter): number {
    return this.#params.length + this.#locals.push(type) - 1;
  }

  #put(...bytes: readonly number[]): void {
    this.#code.push(...bytes);
  }

  #opcode(code: number): void {
    if (code > 0xffff) this.#put(code >> 16, ...unsigned(code % 0x10000));
    else this.#put(code);
  }

  #localOf(type: Letter): number {
    return this.#random.pick(this.#free.filter((index) => (this.#params[index] ?? this.#locals[index - this.#params.length]) === type));
  }

  #expression(type: Letter, depth: number): void {
    if (type === 'r' || type === 'x') this.#reference(type);
    else if (depth === 0 || this.#random.oneIn(6)) this.#leaf(type);
    else if (this.#random.oneIn(6)) this.#structured(type, depth - 1);
    else this.#operation(operationsGiving.get(type) ?? [], depth - 1);
  }

  #leaf(type: Letter): void {
    const globals = this.#around.globals.filter((global) => global.type === type);
    const choice = this.#random.below(3);
    if (choice === 0 && globals.length > 0) this.#put(0x23, ...unsigned(this.#random.pick(globals).index));
    else if (choice === 1) this.#put(0x20, ...unsigned(this.#localOf(type)));
    else this.#put(...constant(type, this.#random));
  }

  #reference(type: 'r' | 'x'): void {
    const table = type === 'r' ? 0 : 1;
    const { inTable } = this.#around;
    switch (this.#random.below(5)) {
      case 0: return this.#put(...constant(type, this.#random));
      case 1: return type === 'r' && inTable !== undefined ? this.#put(0xd2, ...unsigned(inTable.index)) : this.#put(...constant(type, this.#random));
      case 2: return this.#put(0x20, ...unsigned(this.#localOf(type)));
      case 3:
        for (let value = 0; value < 2; value += 1) this.#put(0x20, ...unsigned(this.#localOf(type)));
        this.#expression('i', 0);
        return this.#put(0x1c, 1, typeBytes[type]);
      default:
        this.#put(0x41, this.#random.below(5), 0x25, table);
    }
  }

  #operation(candidates: readonly Operation[], depth: number): void {
    const operation = candidates[this.#around.turn() % candidates.length];
    if (operation === undefined) throw new Error('there is nothing to do');
    const { code, takes } = operation;
    takes.forEach((type, place) => {
      if (operation.alignment !== undefined && place === 0) this.#address(depth);
      else if (truncations.has(code) && !this.#random.oneIn(8)) this.#smallFloat(type);
      else this.#expression(type, depth);
    });
    if (divisions.has(code) && !this.#random.oneIn(8)) this.#put(...(takes[0] === 'i' ? [0x41, 1, 0x72] : [0x42, 1, 0x84]));
    this.#opcode(code);
    if (operation.alignment !== undefined) this.#put(this.#random.below(operation.alignment + 1), ...unsigned(this.#random.pick([0, 1, 8, 300])));
    if (operation.lanes !== undefined) this.#put(this.#random.below(operation.lanes));
    if (operation.vagueNaN !== undefined) this.#settleNaN(operation.vagueNaN);
  }

  /** An address that mostly lies within two pages. */
  #address(depth: number): void {
    this.#expression('i', depth);
    if (!this.#random.oneIn(40)) this.#put(0x41, ...signed(BigInt(this.#random.pick([0xff, 0xfff, 0xffff, 0xffff, 0x1_ffff]))), 0x71);
  }

  #smallFloat(type: Letter): void {
    this.#expression('i', 0);
    this.#put(0x41, ...signed(0xfffn), 0x71, type === 'f' ? 0xb2 : 0xb7);
  }

  /** Replaces NaNs whose payload the engine may choose. */
  #settleNaN(kind: NonNullable<Operation['vagueNaN']>): void {
    const nan32 = [0, 0, 0xc0, 0x7f];
    const nan64 = [0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
    if (kind === 'f' || kind === 'F') {
      const scratch = unsigned(this.#scratch[kind]);
      this.#put(0x21, ...scratch, ...(kind === 'f' ? [0x43, ...nan32] : [0x44, ...nan64]), 0x20, ...scratch, 0x20, ...scratch, 0x20, ...scratch, kind === 'f' ? 0x5c : 0x62, 0x1b);
      return;
    }
    const scratch = unsigned(this.#scratch.v);
    const nans = kind === 'f32x4' ? [...nan32, ...nan32, ...nan32, ...nan32] : [...nan64, ...nan64];
    this.#put(0x21, ...scratch, 0xfd, 0x0c, ...nans, 0x20, ...scratch, 0x20, ...scratch, 0x20, ...scratch, 0xfd, kind === 'f32x4' ? 0x42 : 0x48, 0xfd, 0x52);
  }

  /** Values that come out of blocks, calls and other things than arithmetic. */
  #structured(type: Letter, depth: number): void {
    const ways: readonly (() => void)[] = [
      () => this.#selection(type, depth),
      () => this.#either(type, depth),
      () => this.#block(type, depth),
      () => this.#setAndKeep(type, depth),
      () => this.#callGiving(type),
      () => this.#pair(type, depth),
      () => (type === 'v' ? this.#shuffle(depth) : this.#leaf(type)),
      () => (type === 'i' ? this.#sizes() : this.#leaf(type)),
      () => (type === 'i' ? this.#loopWithOperand(depth) : this.#leaf(type)),
    ];
    this.#random.pick(ways)();
  }

  #selection(type: Letter, depth: number): void {
    this.#expression(type, depth);
    this.#expression(type, depth);
    this.#expression('i', depth);
    this.#put(0x1b);
  }

  #either(type: Letter, depth: number): void {
    this.#expression('i', depth);
    this.#put(0x04, typeBytes[type]);
    this.#expression(type, depth);
    this.#put(0x05);
    this.#expression(type, depth);
    this.#put(0x0b);
  }

  #block(type: Letter, depth: number): void {
    this.#put(0x02, typeBytes[type]);
    this.#expression(type, depth);
    this.#expression('i', depth);
    this.#put(0x0d, 0, 0x0b);
  }

  #setAndKeep(type: Letter, depth: number): void {
    this.#expression(type, depth);
    this.#put(0x22, ...unsigned(this.#localOf(type)));
  }

  #callGiving(type: Letter): void {
    const giving = this.#around.callees.filter(({ results }) => results.length === 1 && results[0] === type);
    if (giving.length === 0) this.#leaf(type);
    else this.#call(this.#random.pick(giving));
  }

  #shuffle(depth: number): void {
    this.#expression('v', depth);
    this.#expression('v', depth);
    this.#put(0xfd, 0x0d, ...Array.from({ length: 16 }, () => this.#random.below(32)));
  }

  #sizes(): void {
    switch (this.#random.below(4)) {
      case 0: return this.#put(0x3f, 0);
      case 1: return this.#put(0x41, this.#random.pick([0, 0, 0, 1, 2]), 0x40, 0);
      case 2: return this.#put(0xfc, 0x10, this.#random.below(2));
      default:
        this.#reference(this.#random.pick(['r', 'x']));
        return this.#put(0xd1);
    }
  }

  /** A block of two results, one of which goes into a local. */
  #pair(type: Letter, depth: number): void {
    this.#put(0x02, ...signed(BigInt(this.#around.typeOf([], [type, 'I']))));
    this.#expression(type, depth);
    this.#expression('I', depth);
    this.#put(0x0b, 0x21, ...unsigned(this.#localOf('I')));
  }

  /** A loop whose operand stays on the stack from round to round. */
  #loopWithOperand(depth: number): void {
    const counter = unsigned(this.#local('i'));
    this.#put(0x41, 1 + this.#random.below(4), 0x21, ...counter);
    this.#expression('i', depth);
    this.#put(0x03, ...signed(BigInt(this.#around.typeOf(['i'], ['i']))), 0x41, 3, 0x6a);
    this.#put(0x20, ...counter, 0x41, 1, 0x6b, 0x22, ...counter, 0x0d, 0, 0x0b);
  }

  #call({ index, params }: Callee): void {
    for (const type of params) this.#expression(type, 1);
    this.#put(0x10, ...unsigned(index));
  }

  #tailCall({ index, params }: Callee): void {
    for (const type of params) this.#expression(type, 1);
    if (this.#random.oneIn(2)) return this.#put(0x12, ...unsigned(index));
    this.#put(0x41, this.#random.pick([0, 0, 0, 1, 1, 2]), 0x13, ...unsigned(this.#around.typeOf(params, ['I'])), 0);
  }

  #statement(depth: number): void {
    const ways: readonly (() => void)[] = [
      () => this.#operation(stores, depth),
      () => this.#operation(stores, depth),
      () => this.#setGlobal(depth),
      () => this.#setGlobal(depth),
      () => this.#setLocal(depth),
      () => this.#loop(depth),
      () => this.#condition(depth),
      () => this.#bulk(),
      () => this.#bulk(),
      () => this.#switch(depth),
      () => this.#callIndirect(),
      () => this.#callForEffect(),
      () => (this.#random.oneIn(2) ? this.#rareTrap() : this.#rareReturn()),
      () => this.#dropped(depth),
      () => this.#grow(),
      () => this.#put(0x01),
    ];
    this.#random.pick(this.#around.irreversible ? [...ways, () => this.#irreversible(), () => this.#irreversible()] : ways)();
  }

  #grow(): void {
    this.#put(0x41, this.#random.pick([0, 1, 1, 2]), 0x40, 0, 0x21, ...unsigned(this.#localOf('i')));
  }

  #dropped(depth: number): void {
    this.#expression(this.#random.pick(numbers), depth);
    this.#put(0x1a);
  }

  #setGlobal(depth: number): void {
    const mutable = this.#around.globals.filter((global) => global.mutable);
    if (mutable.length === 0) return;
    const { index, type } = this.#random.pick(mutable);
    this.#expression(type, depth);
    this.#put(0x24, ...unsigned(index));
  }

  #setLocal(depth: number): void {
    const type = this.#random.pick<Letter>([...numbers, 'r', 'x']);
    this.#expression(type, depth);
    this.#put(0x21, ...unsigned(this.#localOf(type)));
  }

  #loop(depth: number): void {
    if (depth === 0) return;
    const counter = unsigned(this.#local('i'));
    this.#put(0x41, 1 + this.#random.below(3), 0x21, ...counter, 0x03, 0x40);
    this.#statement(depth - 1);
    this.#statement(depth - 1);
    this.#put(0x20, ...counter, 0x41, 1, 0x6b, 0x22, ...counter, 0x0d, 0, 0x0b);
  }

  #condition(depth: number): void {
    if (depth === 0) return;
    this.#expression('i', depth - 1);
    this.#put(0x04, 0x40);
    this.#statement(depth - 1);
    this.#put(0x05);
    this.#statement(depth - 1);
    this.#put(0x0b);
  }

  #bulk(): void {
    const length = this.#random.pick([0, 1, 7, 300, 4096, 65_536, 65_537, 70_000, 131_072, 140_000]);
    this.#address(1);
    switch (this.#random.below(3)) {
      case 0:
        this.#expression('i', 1);
        this.#put(0x41, ...signed(BigInt(length)), 0xfc, 0x0b, 0);
        return;
      case 1:
        this.#address(1);
        this.#put(0x41, ...signed(BigInt(length)), 0xfc, 0x0a, 0, 0);
        return;
      default: {
        const { index, bytes } = this.#around.segment;
        const source = this.#random.below(8);
        const wanted = this.#random.oneIn(12) ? length : this.#random.pick([0, 1, Math.floor(bytes / 2), bytes - source]);
        this.#put(0x41, source, 0x41, ...signed(BigInt(wanted)), 0xfc, 0x08, ...unsigned(index), 0);
      }
    }
  }

  #switch(depth: number): void {
    this.#put(0x02, 0x40, 0x02, 0x40);
    this.#expression('i', depth);
    this.#put(0x41, 3, 0x71, 0x0e, 2, 0, 1, 0, 0x0b);
    this.#statement(0);
    this.#put(0x0c, 0, 0x0b);
  }

  #callIndirect(): void {
    const { inTable } = this.#around;
    if (inTable === undefined) return;
    for (const type of inTable.params) this.#expression(type, 1);
    // Of the elements one is null, and some have another type.
    this.#put(0x41, this.#random.pick([0, 0, 0, 0, 0, 1, 1, 1, 2, 3, 9]), 0x11, ...unsigned(this.#around.typeOf(inTable.params, ['I'])), 0, 0x21, ...unsigned(this.#localOf('I')));
  }

  #callForEffect(): void {
    if (this.#around.callees.length === 0) return;
    const callee = this.#random.pick(this.#around.callees);
    this.#call(callee);
    for (let result = 0; result < callee.results.length; result += 1) this.#put(0x1a);
  }

  /** Ends the function, or the whole call, in a few cases. */
  #rareTrap(): void {
    this.#expression('i', 1);
    this.#put(0x41, ...signed(255n), 0x71, 0x41, 7, 0x46, 0x04, 0x40, 0x00, 0x0b);
  }

  #rareReturn(): void {
    this.#expression('i', 1);
    this.#put(0x41, ...signed(31n), 0x71, 0x41, 7, 0x46, 0x04, 0x40);
    for (const type of this.#results) this.#expression(type, 1);
    this.#put(0x0f, 0x0b);
  }

  #irreversible(): void {
    const table = this.#random.below(2);
    const type = table === 0 ? 'r' : 'x';
    switch (this.#random.below(7)) {
      case 0:
        this.#put(0x41, this.#random.below(6));
        this.#reference(type);
        return this.#put(0x26, table);
      case 1: return this.#put(0x41, this.#random.below(6), 0x41, 0, 0x41, this.#random.below(3), 0xfc, 0x0c, 1, 0);
      case 2: return this.#put(0x41, this.#random.below(6), 0x41, this.#random.below(6), 0x41, this.#random.below(3), 0xfc, 0x0e, table, table);
      case 3:
        this.#reference(type);
        return this.#put(0x41, this.#random.below(3), 0xfc, 0x0f, table, 0x1a);
      case 4:
        this.#put(0x41, this.#random.below(6));
        this.#reference(type);
        return this.#put(0x41, this.#random.below(3), 0xfc, 0x11, table);
      case 5: return this.#put(0xfc, 0x09, ...unsigned(this.#around.segment.index));
      default: return this.#put(0xfc, 0x0d, 1);
    }
  }
}
