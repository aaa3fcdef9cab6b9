// Small modules for tests that only move them, and streams of them.

/** Bytes that begin as a module does; different seeds give different modules. */
export function moduleBytes(seed: number, length = 1000): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length).map((_, index) => (index * 31 + seed) % 256);
  bytes.set([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  return bytes;
}

/** A stream of some bytes in pieces of a kibibyte. */
export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.byteLength; offset += 1024) yield Promise.resolve(bytes.subarray(offset, offset + 1024));
}

/** A stream that breaks after some bytes. */
export async function* breakingStream(bytes: Uint8Array, error: Error): AsyncGenerator<Uint8Array> {
  yield* streamOf(bytes);
  throw error;
}
