// Live, bounds-checked views of the memory of whichever instance is current. Copies are made by the callers that need them.

import { checkedOffset } from '../wapc/memory.js';

/** Returns the guest's memory; called anew for every access, since instances are replaced and memories grow. */
export type MemorySource = () => WebAssembly.Memory;

/** A guest's memory as WASI functions use it: little-endian, every range checked. */
export class GuestMemory {
  readonly #source: MemorySource;

  constructor(source: MemorySource) {
    this.#source = source;
  }

  /**
   * The guest's own bytes, valid until the guest runs again; pointer and length are any i32, read as u32.
   *
   * @throws {GuestPointerError} when the range leaves the memory
   */
  bytes(pointer: number, length: number, what: string): Uint8Array {
    const memory = this.#source();
    const start = checkedOffset(memory, pointer, length, what);
    return new Uint8Array(memory.buffer, start, length >>> 0);
  }

  /** Like `bytes`, for records of numbers. */
  view(pointer: number, length: number, what: string): DataView {
    const memory = this.#source();
    const start = checkedOffset(memory, pointer, length, what);
    return new DataView(memory.buffer, start, length >>> 0);
  }

  /** Stores a 32-bit result. */
  writeU32(pointer: number, value: number, what: string): void {
    this.view(pointer, 4, what).setUint32(0, value, true);
  }

  /** Stores a 64-bit result. */
  writeU64(pointer: number, value: bigint, what: string): void {
    this.view(pointer, 8, what).setBigUint64(0, value, true);
  }
}
