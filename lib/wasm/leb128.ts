// LEB128, the variable-length integers of the binary format, and the joining of byte ranges. Reading goes through cursor.ts.

/** An unsigned 32-bit integer in as few bytes as it takes. */
export function encodeU32(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  bytes.push(rest);
  return Uint8Array.from(bytes);
}

/** Byte ranges one after the other, as a copy. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
