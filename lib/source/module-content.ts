// What may be stored as a module: the first bytes and the size, checked while the content flows.
import { createHash } from 'node:crypto';

import { type Digest, hexOf } from '../oci/digest.js';
import { sourceFault } from './source-fault.js';

const magic = [0x00, 0x61, 0x73, 0x6d] as const;

/** Tells whether bytes begin as a WebAssembly module does. */
export function isWasm(bytes: Uint8Array): boolean {
  return magic.every((byte, index) => bytes[index] === byte);
}

/**
 * Passes a module's content on, its first four bytes in one piece.
 *
 * @throws {Fault} `MODULE_INVALID` before anything is passed on, `MODULE_TOO_LARGE` at the first byte beyond the limit
 */
export async function* moduleContent(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let head: Uint8Array = new Uint8Array(0);
  let length = 0;
  let begun = false;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > maxBytes) throw sourceFault('MODULE_TOO_LARGE', `the module is larger than ${maxBytes} bytes`);
    if (begun) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.byteLength < magic.length) continue;
    assertWasm(head);
    begun = true;
    yield head;
  }
  if (!begun) assertWasm(head);
}

function assertWasm(head: Uint8Array): void {
  if (!isWasm(head)) throw sourceFault('MODULE_INVALID', 'invalid wasm file: the content does not begin with the magic number of WebAssembly');
}

/**
 * Passes content on and fails at its end unless it has a digest.
 *
 * @throws {Fault} `MODULE_DIGEST_MISMATCH`
 */
export async function* pinnedContent(chunks: AsyncIterable<Uint8Array>, digest: Digest): AsyncGenerator<Uint8Array> {
  const hash = createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256');
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
  const found = hash.digest('hex');
  if (found !== hexOf(digest)) throw sourceFault('MODULE_DIGEST_MISMATCH', `the module has the digest ${found} and not ${digest}`);
}
