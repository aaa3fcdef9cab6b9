// Signatures of certificates, checked by OpenSSL. Which key may go with which algorithm is decided by webpki.

import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** How a signature was made. */
interface Scheme {
  readonly keyType: 'ec' | 'ed25519' | 'rsa';
  /** `null` where the algorithm brings its own. */
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null;
  readonly padding?: number;
}

const { RSA_PKCS1_PADDING: pkcs1, RSA_PKCS1_PSS_PADDING: pss, RSA_PSS_SALTLEN_DIGEST } = constants;

/** By the numbers of webpki/src/signatures.rs. */
const schemes: readonly Scheme[] = [
  { keyType: 'ec', hash: 'sha256' },
  { keyType: 'ec', hash: 'sha384' },
  { keyType: 'ec', hash: 'sha512' },
  { keyType: 'ed25519', hash: null },
  { keyType: 'rsa', hash: 'sha256', padding: pkcs1 },
  { keyType: 'rsa', hash: 'sha384', padding: pkcs1 },
  { keyType: 'rsa', hash: 'sha512', padding: pkcs1 },
  { keyType: 'rsa', hash: 'sha256', padding: pss },
  { keyType: 'rsa', hash: 'sha384', padding: pss },
  { keyType: 'rsa', hash: 'sha512', padding: pss },
];

/** As the reference: shorter keys are broken, and longer ones only cost time. */
const minModulusBits = 2048;
const maxModulusBits = 8192;

/** 2^33 - 1, as the reference: a key is a stranger's, and a large exponent makes every check as slow as signing. */
const maxPublicExponent = 2n ** 33n - 1n;

/** A signature with what it should belong to. */
export interface SignedMessage {
  /** DER `SubjectPublicKeyInfo`, unchecked. */
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

/**
 * Tells whether a signature is one of the message by the key.
 *
 * @param scheme the number of the scheme in webpki/src/signatures.rs
 */
export function isSignatureValid(scheme: number, { key, message, signature }: SignedMessage): boolean {
  const { keyType, hash, padding } = schemeOf(scheme);
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key), format: 'der', type: 'spki' });
    if (publicKey.asymmetricKeyType !== keyType || !isKeyOfUsualSize(publicKey)) return false;
    return verify(hash, message, { key: publicKey, ...(padding === undefined ? {} : { padding, saltLength: RSA_PSS_SALTLEN_DIGEST }) }, signature);
  } catch {
    // OpenSSL throws on keys and signatures that it cannot read: a stranger's key that is no key signs nothing.
    return false;
  }
}

function schemeOf(number: number): Scheme {
  const scheme = schemes[number];
  if (scheme === undefined) throw new Error(`the path validator asked for the signature scheme ${number}`);
  return scheme;
}

function isKeyOfUsualSize(key: KeyObject): boolean {
  const { modulusLength, publicExponent } = key.asymmetricKeyDetails ?? {};
  if (modulusLength === undefined || publicExponent === undefined) return true;
  return modulusLength >= minModulusBits && modulusLength <= maxModulusBits && publicExponent <= maxPublicExponent;
}
