// The certificate authorities that Mozilla trusts, as the running Node carries them.

import { rootCertificates } from 'node:tls';

import { decodePem } from './certificate-data.js';

let decoded: readonly Uint8Array[] | undefined;

/** The DER of every root; the same list on every call. */
export function mozillaRoots(): readonly Uint8Array[] {
  decoded ??= rootCertificates.map(decodePem);
  return decoded;
}
