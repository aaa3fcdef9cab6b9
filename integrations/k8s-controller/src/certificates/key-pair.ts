// Certificates and keys as PEM, judged: do they belong together, who issued them, and until when do they hold? Each policy asks the same
// about the same few certificates, and an answer costs a millisecond, so answers that never change are remembered.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';

/** A certificate with its key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** How many certificates are remembered; one is about two kilobytes. */
const maxCertificates = 256;

const certificates = new Map<string, X509Certificate>();
const issued = new WeakMap<X509Certificate, WeakMap<X509Certificate, boolean>>();
const keyProblems = new WeakMap<X509Certificate, { readonly pem: string; readonly problem: string | undefined }>();

/** A certificate that could be read; undefined when the text is none. */
export function parseCertificate(pem: string | undefined): X509Certificate | undefined {
  if (pem === undefined) return undefined;
  const known = certificates.get(pem);
  if (known !== undefined) return known;
  try {
    const certificate = new X509Certificate(pem);
    const [oldest] = certificates.keys();
    if (certificates.size >= maxCertificates && oldest !== undefined) certificates.delete(oldest);
    certificates.set(pem, certificate);
    return certificate;
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
  const answers = issued.get(certificate) ?? new WeakMap<X509Certificate, boolean>();
  issued.set(certificate, answers);
  const answer = answers.get(issuer) ?? (certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey));
  answers.set(issuer, answer);
  return answer;
}

/** Why a key does not belong to a certificate; undefined when it does. */
export function keyProblem(certificate: X509Certificate, pem: string | undefined): string | undefined {
  if (pem === undefined) return unreadableKey;
  const known = keyProblems.get(certificate);
  if (known?.pem === pem) return known.problem;
  const key = parseKey(pem);
  const problem = key === undefined ? unreadableKey : certificate.checkPrivateKey(key) ? undefined : 'its private key belongs to another certificate';
  keyProblems.set(certificate, { pem, problem });
  return problem;
}

const unreadableKey = 'its private key cannot be read';

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
