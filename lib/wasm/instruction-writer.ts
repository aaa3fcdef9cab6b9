// Writes code: a word for each instruction that the functions we add to a module are made of.
import { encodeS32, encodeU32, joinAll, joinBytes } from './leb128.js';

/** A piece of code. */
export type Encoded = Uint8Array<ArrayBuffer>;

const plain = {
  'unreachable': [0x00],
  'return': [0x0f],
  'drop': [0x1a],
  'else': [0x05],
  'end': [0x0b],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.gt_s': [0x4a],
  'i32.gt_u': [0x4b],
  'i32.le_u': [0x4d],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i64.gt_u': [0x56],
  'i64.add': [0x7c],
  'i64.shl': [0x86],
  'i64.extend_i32_u': [0xad],
  // Block types: they take nothing and give nothing.
  'loop': [0x03, 0x40],
  'if': [0x04, 0x40],
  'memory.size': [0x3f, 0x00],
  'memory.grow': [0x40, 0x00],
  'memory.copy': [0xfc, 0x0a, 0x00, 0x00],
  'memory.fill': [0xfc, 0x0b, 0x00],
} as const;

/** An instruction without operands of its own. */
export type PlainInstruction = keyof typeof plain;

const withIndex = { 'call': 0x10, 'br': 0x0c, 'br_if': 0x0d, 'local.get': 0x20, 'local.set': 0x21, 'local.tee': 0x22, 'global.get': 0x23, 'global.set': 0x24 } as const;

/** Writes one instruction after the other. */
export class InstructionWriter {
  readonly #parts: Uint8Array[] = [];

  /** Instructions without operands. */
  op(...names: readonly PlainInstruction[]): this {
    for (const name of names) this.#parts.push(Uint8Array.from(plain[name]));
    return this;
  }

  /** An instruction that names a function, label, local or global. */
  at(name: keyof typeof withIndex, index: number): this {
    this.#parts.push(Uint8Array.of(withIndex[name]), encodeU32(index));
    return this;
  }

  i32(value: number): this {
    this.#parts.push(Uint8Array.of(0x41), encodeS32(value));
    return this;
  }

  /** A 64-bit constant of six bits. */
  smallI64(value: number): this {
    this.#parts.push(Uint8Array.of(0x42, value));
    return this;
  }

  /** An operation on tables: its number behind the prefix 0xfc, and what it names. */
  table(operation: number, ...indices: readonly number[]): this {
    this.#parts.push(Uint8Array.of(0xfc), encodeU32(operation), ...indices.map(encodeU32));
    return this;
  }

  memoryInit(segment: number): this {
    this.#parts.push(Uint8Array.of(0xfc, 0x08), encodeU32(segment), Uint8Array.of(0x00));
    return this;
  }

  /** Reads the word at address 0 of a memory, as another thread may have written it just now. */
  atomicLoad(memory: number): this {
    const alignment = 0x02;
    const access = memory === 0 ? Uint8Array.of(alignment) : joinBytes(Uint8Array.of(0x40 | alignment), encodeU32(memory));
    this.i32(0).#parts.push(Uint8Array.of(0xfe, 0x10), access, Uint8Array.of(0x00));
    return this;
  }

  /** Code that was written before. */
  put(code: Uint8Array): this {
    this.#parts.push(code);
    return this;
  }

  /** What was written so far. */
  get bytes(): Encoded {
    return joinAll(this.#parts);
  }
}

/** An empty piece of code to write to. */
export function write(): InstructionWriter {
  return new InstructionWriter();
}
