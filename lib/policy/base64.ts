// Bytes as base64 (RFC 4648, with padding). `btoa` wants a string of one character a byte first, which takes seconds for
// the largest patches on the serving thread.

const alphabet = new TextEncoder().encode('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
const padding = 0x3d;
const decoder = new TextDecoder();

/** The base64 text of bytes. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = new Uint8Array(Math.ceil(bytes.byteLength / 3) * 4);
  for (let from = 0, to = 0; from < bytes.byteLength; from += 3, to += 4) {
    const word = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0);
    for (let index = 0; index < 4; index += 1) text[to + index] = alphabet[(word >> (18 - 6 * index)) & 0x3f] ?? 0;
  }
  const missing = text.byteLength === 0 ? 0 : (3 - (bytes.byteLength % 3)) % 3;
  return decoder.decode(text.fill(padding, text.byteLength - missing));
}
