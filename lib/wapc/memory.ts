// Bounds-checked access to a guest's linear memory. Every view is derived anew: `memory.grow` detaches the old buffer.

/** A guest named bytes outside its own memory; ends the guest's call as a trap does. */
export class GuestPointerError extends Error {
  override readonly name = 'GuestPointerError';

  constructor(what: string, pointer: number, length: number, size: number) {
    super(`${what}: bytes ${pointer} to ${pointer + length} lie outside the guest's memory of ${size} bytes`);
  }
}

/**
 * The offset as an unsigned number, after checking that the range lies in memory.
 *
 * A range of zero length is valid wherever it points (languages use dangling pointers for empty values) and yields 0.
 *
 * @param pointer byte offset as the guest passed it: any i32, read as u32
 * @param length  bytes: any i32, read as u32
 * @throws {GuestPointerError} when `pointer + length` exceeds the memory
 */
export function checkedOffset(memory: WebAssembly.Memory, pointer: number, length: number, what: string): number {
  const size = length >>> 0;
  if (size === 0) return 0;
  const start = pointer >>> 0;
  const end = memory.buffer.byteLength;
  if (start + size > end) throw new GuestPointerError(what, start, size, end);
  return start;
}

/** Copies `length` bytes out of the guest's memory; the caller owns the copy. */
export function readBytes(memory: WebAssembly.Memory, pointer: number, length: number, what: string): Uint8Array {
  const start = checkedOffset(memory, pointer, length, what);
  return new Uint8Array(memory.buffer).slice(start, start + (length >>> 0));
}

/** Copies bytes into the guest's memory. */
export function writeBytes(memory: WebAssembly.Memory, pointer: number, bytes: Uint8Array, what: string): void {
  const start = checkedOffset(memory, pointer, bytes.byteLength, what);
  new Uint8Array(memory.buffer).set(bytes, start);
}
