// Content digests: their text form, and the check of a stream against one while it flows.
import { createHash, type Hash } from 'node:crypto';

import { ociFault } from './oci-fault.js';

/** `sha256:` and 64, or `sha512:` and 128, lower-case hexadecimal digits. */
export type Digest = string & { readonly brand: 'Digest' };

const digestPattern = /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/;

/** Tells whether a text is a digest of a kind that can be checked. */
export function isDigest(text: string): text is Digest {
  return digestPattern.test(text);
}

/**
 * Reads a digest.
 *
 * @throws {Fault} `OCI_DIGEST_INVALID`
 */
export function parseDigest(text: string): Digest {
  if (!isDigest(text)) throw ociFault('OCI_DIGEST_INVALID', `Invalid digest: ${text.slice(0, 200)}`);
  return text;
}

/** The SHA-256 digest of some bytes. */
export function digestOf(bytes: Uint8Array): Digest {
  return parseDigest(`sha256:${createHash('sha256').update(bytes).digest('hex')}`);
}

/** Tells whether bytes have a digest, of whichever kind it is. */
export function hasDigest(bytes: Uint8Array, digest: Digest): boolean {
  return hashFor(digest).update(bytes).digest('hex') === hexOf(digest);
}

/** The hexadecimal digits of a digest. */
export function hexOf(digest: Digest): string {
  return digest.slice(digest.indexOf(':') + 1);
}

/**
 * Passes a stream on and fails where it is not what was announced: at the first byte too many, or at its end.
 *
 * The end of the stream is the proof; whoever stops reading earlier has none.
 *
 * @throws {Fault} `OCI_LENGTH_MISMATCH` and `OCI_DIGEST_MISMATCH`, both retryable: a cache in between may have cut it
 */
export async function* checkedContent(chunks: AsyncIterable<Uint8Array>, expected: { readonly digest: Digest; readonly size: number }): AsyncGenerator<Uint8Array> {
  const hash = hashFor(expected.digest);
  let length = 0;
  for await (const chunk of chunks) {
    length += chunk.byteLength;
    if (length > expected.size) throw lengthMismatch('more', expected.size);
    hash.update(chunk);
    yield chunk;
  }
  if (length < expected.size) throw lengthMismatch(`${length}`, expected.size);
  const found = hash.digest('hex');
  if (found !== hexOf(expected.digest)) throw ociFault('OCI_DIGEST_MISMATCH', `the content has the digest ${found} and not ${expected.digest}`, { retryable: true });
}

function hashFor(digest: Digest): Hash {
  return createHash(digest.startsWith('sha512:') ? 'sha512' : 'sha256');
}

function lengthMismatch(found: string, size: number): Error {
  return ociFault('OCI_LENGTH_MISMATCH', `the content has ${found} bytes and not the ${size} it was announced with`, { retryable: true });
}
