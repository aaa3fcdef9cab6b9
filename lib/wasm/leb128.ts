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

/** A signed 32-bit integer in as few bytes as it takes. */
export function encodeS32(value: number): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return Uint8Array.from(bytes);
  }
}

/** Byte ranges one after the other, as a copy. */
export function joinBytes(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return joinAll(parts);
}

/** The same for as many ranges as there may be: an argument list has an end. */
export function joinAll(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
