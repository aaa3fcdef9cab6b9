// A bounded reader over a module or a part of it. Nothing here knows what the bytes mean; every length is checked
// before it is used, since whoever wrote the module may be hostile.
import { wasmFault } from './wasm-fault.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads forward through bytes; `what` names them in faults ("the import section"). */
export class Cursor {
  /** Offset of the next byte. */
  at = 0;
  readonly bytes: Uint8Array;
  readonly what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.what = what;
  }

  get done(): boolean {
    return this.at >= this.bytes.length;
  }

  get remaining(): number {
    return this.bytes.length - this.at;
  }

  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw wasmFault('WASM_TRUNCATED', `${this.what} ends in the middle of an entry`);
    this.at += 1;
    return byte;
  }

  /** A view of the next `length` bytes. */
  take(length: number): Uint8Array {
    if (length > this.remaining) {
      throw wasmFault('WASM_TRUNCATED', `${this.what} announces ${length} bytes where ${this.remaining} are left`);
    }
    const taken = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return taken;
  }

  /** An unsigned 32-bit LEB128 integer: at most five bytes, the last with no bit beyond the 32nd. */
  u32(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.byte();
      if (shift === 28 && byte > 0x0f) break;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw this.malformed('an integer that does not fit 32 bits');
  }

  /** The length of a vector, each entry of which takes a byte or more. */
  count(most: number, entries: string): number {
    const count = this.u32();
    if (count > most) throw wasmFault('WASM_LIMIT_EXCEEDED', `it has ${count} ${entries} and at most ${most} are allowed`);
    if (count > this.remaining) throw wasmFault('WASM_TRUNCATED', `${this.what} announces ${count} ${entries} in ${this.remaining} bytes`);
    return count;
  }

  /** A length-prefixed UTF-8 name. */
  name(): string {
    const bytes = this.take(this.u32());
    try {
      return decoder.decode(bytes);
    } catch {
      throw this.malformed('a name that is not UTF-8');
    }
  }

  /** Refuses bytes after the last entry. */
  end(): void {
    if (!this.done) throw this.malformed(`${this.remaining} bytes after its last entry`);
  }

  /** A fault saying that these bytes hold something they must not. */
  malformed(problem: string): Error {
    return wasmFault('WASM_MALFORMED', `${this.what} holds ${problem}`);
  }
}
