// Certificates and keys as PEM, judged: do they belong together, who issued them, and until when do they hold?
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** A certificate with its key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** A certificate that could be read; undefined when the text is none. */
export function parseCertificate(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** When a certificate ends, in milliseconds. */
export function endOf(certificate: X509Certificate): number {
  return Date.parse(certificate.validTo);
}

/** Tells whether a certificate holds at a time. */
export function holdsAt(certificate: X509Certificate, atMs: number): boolean {
  return Date.parse(certificate.validFrom) <= atMs && atMs < endOf(certificate);
}

/** Tells whether one certificate signed another. */
export function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

/** Why a key does not belong to a certificate; undefined when it does. */
export function keyProblem(certificate: X509Certificate, pem: string | undefined): string | undefined {
  const key = parseKey(pem);
  if (key === undefined) return 'its private key cannot be read';
  return certificate.checkPrivateKey(key) ? undefined : 'its private key belongs to another certificate';
}

function parseKey(pem: string | undefined): KeyObject | undefined {
  if (pem === undefined) return undefined;
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
