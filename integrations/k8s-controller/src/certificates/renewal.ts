// What to do about certificates, decided from Secrets and the time. Making them is authority.ts.
import { secretNames } from '../desired/names.js';
import type { SeenObject } from '../world/kubernetes-object.js';
import type { Authority } from '../world/world.js';
import { endOf, holdsAt, isIssuedBy, keyProblem, parseCertificate } from './key-pair.js';
import { secretText } from './secret-data.js';

const dayMs = 24 * 60 * 60 * 1000;

/** How long before its end a certificate is replaced, in milliseconds (contract 5.3). */
const lookaheadMs = 60 * dayMs;

/** The header of the keys that the reference reads. */
const keyHeader = '-----BEGIN EC PRIVATE KEY-----';

/** What to do about the authority. */
export type AuthorityDecision =
  | { readonly kind: 'keep'; readonly authority: Authority; readonly nextMs: number }
  /** Make a new one; the previous certificate stays trusted beside it. */
  | { readonly kind: 'mint'; readonly previous: string | undefined; readonly because: string }
  /** Write down which previous certificate is trusted, or that none is any more. */
  | { readonly kind: 'set-previous'; readonly authority: Authority; readonly because: string };

/** What to do about a certificate that the authority signs. */
export type LeafDecision =
  | { readonly kind: 'keep'; readonly nextMs: number }
  | { readonly kind: 'mint'; readonly because: string }
  /** It is to be replaced, but not before the new authority is trusted everywhere. */
  | { readonly kind: 'wait'; readonly because: string };

/**
 * The authority of the Secret, if it can sign now.
 *
 * Any key that Node reads will do: an operator may bring an authority of their own.
 */
export function readAuthority(secret: SeenObject | undefined, nowMs: number): Authority | { readonly problem: string } {
  const pem = secretText(secret, 'ca.crt');
  const certificate = parseCertificate(pem);
  if (pem === undefined || certificate === undefined) return { problem: secret === undefined ? `the Secret ${secretNames.authority} is missing` : `the Secret ${secretNames.authority} has no certificate in ca.crt` };
  const key = secretText(secret, 'ca.key');
  const problem = keyProblem(certificate, key) ?? (certificate.ca ? undefined : 'it is no certificate authority') ?? (holdsAt(certificate, nowMs) ? undefined : 'it is not valid now');
  if (problem !== undefined || key === undefined) return { problem: `the certificate of the Secret ${secretNames.authority} cannot be used: ${problem ?? ''}` };
  return { certificate: pem, key, previous: secretText(secret, 'old-ca.crt') };
}

/** Whether reading an authority came to one. */
export function isAuthority(read: Authority | { readonly problem: string }): read is Authority {
  return 'certificate' in read;
}

/**
 * What to do about the authority.
 *
 * @param inUse certificates that the API server was told to trust and that signed what is being served (see {@link issuersInUse}): an
 *   authority that vanished or was replaced stays trusted until what it signed is replaced
 */
export function authorityDecision(secret: SeenObject | undefined, nowMs: number, inUse: readonly string[]): AuthorityDecision {
  const read = readAuthority(secret, nowMs);
  const others = inUse.filter((pem) => !isAuthority(read) || !isSameCertificate(pem, read.certificate));
  const [other] = others;
  if (!isAuthority(read)) return { kind: 'mint', previous: other, because: read.problem };
  const endMs = validToMs(read.certificate);
  if (endMs < nowMs + lookaheadMs) return { kind: 'mint', previous: read.certificate, because: 'the certificate authority ends soon' };
  if (read.previous !== undefined && validToMs(read.previous) <= nowMs) return { kind: 'set-previous', authority: { ...read, previous: undefined }, because: 'the previous certificate authority has ended' };
  // Who replaces the certificate and key alone leaves the previous one of an earlier change behind.
  const { previous } = read;
  const isKept = previous !== undefined && others.some((pem) => isSameCertificate(pem, previous));
  if (other !== undefined && !isKept) return { kind: 'set-previous', authority: { ...read, previous: other }, because: 'the certificate authority was replaced' };
  const ends = [endMs - lookaheadMs, ...(read.previous === undefined ? [] : [validToMs(read.previous)])];
  return { kind: 'keep', authority: read, nextMs: Math.max(0, Math.min(...ends) - nowMs) };
}

/** The certificates among those that the API server trusts that signed what is being served, each once. */
export function issuersInUse(trusted: readonly string[], leaves: readonly (SeenObject | undefined)[], nowMs: number): readonly string[] {
  const served = leaves.map((secret) => parseCertificate(secretText(secret, 'tls.crt'))).filter((leaf) => leaf !== undefined);
  return [...new Set(trusted)].filter((pem) => {
    const issuer = parseCertificate(pem);
    return issuer !== undefined && holdsAt(issuer, nowMs) && served.some((leaf) => isIssuedBy(leaf, issuer));
  });
}

/** What a certificate of the authority has to be. */
export interface LeafDemand {
  /** Undefined for a client's certificate. */
  readonly dnsName: string | undefined;
  readonly authority: Authority;
  readonly nowMs: number;
  /** Whether everyone who checks the certificate trusts the authority already. */
  readonly trusted: boolean;
}

/** What to do about a certificate that the authority signs. */
export function leafDecision(secret: SeenObject | undefined, demand: LeafDemand): LeafDecision {
  const certificate = parseCertificate(secretText(secret, 'tls.crt'));
  const key = secretText(secret, 'tls.key');
  if (certificate === undefined) return { kind: 'mint', because: 'there is no certificate yet' };
  const broken = keyProblem(certificate, key) ?? (holdsAt(certificate, demand.nowMs) ? undefined : 'the certificate is not valid now') ?? nameProblem(certificate.checkHost.bind(certificate), demand.dnsName);
  if (broken !== undefined) return { kind: 'mint', because: broken };
  const issuer = parseCertificate(demand.authority.certificate);
  if (issuer === undefined || !isIssuedBy(certificate, issuer)) {
    return demand.trusted ? { kind: 'mint', because: 'the certificate authority has changed' } : { kind: 'wait', because: 'the new certificate authority is not trusted everywhere yet' };
  }
  if (key === undefined || !key.startsWith(keyHeader)) return { kind: 'mint', because: `private key has invalid PEM header, expected 'EC PRIVATE KEY'` };
  const leftMs = endOf(certificate) - lookaheadMs - demand.nowMs;
  return leftMs > 0 ? { kind: 'keep', nextMs: leftMs } : { kind: 'mint', because: 'the certificate ends soon' };
}

function nameProblem(matches: (name: string) => string | undefined, dnsName: string | undefined): string | undefined {
  return dnsName === undefined || matches(dnsName) !== undefined ? undefined : `the certificate is not for ${dnsName}`;
}

/** Zero for a text that is no certificate: as if it had ended long ago. */
function validToMs(pem: string): number {
  const certificate = parseCertificate(pem);
  return certificate === undefined ? 0 : endOf(certificate);
}

function isSameCertificate(a: string, b: string): boolean {
  return parseCertificate(a)?.fingerprint256 === parseCertificate(b)?.fingerprint256;
}
