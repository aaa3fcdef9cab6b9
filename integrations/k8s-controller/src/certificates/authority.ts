// Makes certificates: the authority itself, and what it signs (contract 5.2). The library that does it takes a third of a second to load,
// so it is loaded when a certificate is made and not before.
import { createPrivateKey, createPublicKey } from 'node:crypto';

import type * as X509Library from '@peculiar/x509';

import type { KeyPair } from './key-pair.js';

type X509 = typeof X509Library;

/** What a signed certificate is for. */
export interface LeafSubject {
  readonly commonName: string;
  /** DNS names that a server's certificate is for; none for a client's. */
  readonly dnsNames: readonly string[];
}

const dayMs = 24 * 60 * 60 * 1000;
const authorityMs = 10 * 365 * dayMs;
const leafMs = 365 * dayMs;

/** Clocks of API servers and Nodes differ a little. */
const skewMs = 5 * 60 * 1000;

/** Longest common name that X.509 has room for; the DNS names say the rest. */
const maxCommonNameLength = 64;

const authorityName = 'kubewarden-controller-ca';
const newKey = { name: 'ECDSA', namedCurve: 'P-256' } as const;

/** Makes a certificate authority that signs itself. */
export async function mintAuthority(nowMs: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey(newKey, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: distinguishedName(authorityName),
    notBefore: new Date(nowMs - skewMs),
    notAfter: new Date(nowMs + authorityMs),
    keys,
    signingAlgorithm: signatureOf('ec'),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth, x509.ExtendedKeyUsage.serverAuth]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

/** Makes a certificate that the authority signs. It never outlives the authority. */
export async function mintLeaf(authority: KeyPair, { commonName, dnsNames }: LeafSubject, nowMs: number): Promise<KeyPair> {
  const x509 = await loadX509();
  const issuer = new x509.X509Certificate(authority.certificate);
  const keys = await crypto.subtle.generateKey(newKey, true, ['sign', 'verify']);
  const signingKey = await importedSigningKey(authority.key);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: distinguishedName(commonName),
    issuer: issuer.subjectName,
    notBefore: new Date(nowMs - skewMs),
    notAfter: new Date(Math.min(nowMs + leafMs, issuer.notAfter.getTime())),
    publicKey: keys.publicKey,
    signingKey: signingKey.key,
    signingAlgorithm: signingKey.algorithm,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth, x509.ExtendedKeyUsage.clientAuth]),
      ...(dnsNames.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(dnsNames.map((value) => ({ type: 'dns' as const, value })))]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await authorityKeyIdentifier(x509, issuer),
    ],
  });
  return { certificate: pemOf(certificate), key: await keyPem(keys.privateKey) };
}

let loaded: Promise<X509> | undefined;

/** The library asks for the reflection polyfill to be there before it is loaded. */
function loadX509(): Promise<X509> {
  loaded ??= (async () => {
    await import('reflect-metadata');
    return import('@peculiar/x509');
  })();
  return loaded;
}

/** The identifier that the authority's own certificate names; without one, that of its key. */
async function authorityKeyIdentifier(x509: X509, issuer: InstanceType<X509['X509Certificate']>): Promise<InstanceType<X509['AuthorityKeyIdentifierExtension']>> {
  const named = issuer.getExtension(x509.SubjectKeyIdentifierExtension);
  return named === null ? x509.AuthorityKeyIdentifierExtension.create(await issuer.publicKey.export()) : new x509.AuthorityKeyIdentifierExtension(named.keyId);
}

interface SigningKey {
  readonly key: CryptoKey;
  readonly algorithm: { readonly name: string; readonly hash: string };
}

/** Webcrypto's names of the curves that OpenSSL names so. */
const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

async function importedSigningKey(pem: string): Promise<SigningKey> {
  const key = createPrivateKey(pem);
  const bytes = key.export({ type: 'pkcs8', format: 'der' });
  const algorithm = signatureOf(key.asymmetricKeyType === 'rsa' ? 'rsa' : 'ec');
  const parameters = algorithm.name === 'ECDSA' ? { ...algorithm, namedCurve: curves[createPublicKey(key).asymmetricKeyDetails?.namedCurve ?? ''] ?? 'P-256' } : algorithm;
  return { key: await crypto.subtle.importKey('pkcs8', bytes, parameters, false, ['sign']), algorithm };
}

function signatureOf(type: 'ec' | 'rsa'): SigningKey['algorithm'] {
  return { name: type === 'rsa' ? 'RSASSA-PKCS1-v1_5' : 'ECDSA', hash: 'SHA-256' };
}

/** Random and positive, 128 bits. */
function serialNumber(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  // The first bit says the sign, and a number must not begin with a zero byte.
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return Buffer.from(bytes).toString('hex');
}

/** As a list, so that nothing in the name is taken for syntax. */
function distinguishedName(commonName: string): { CN: string[] }[] {
  return [{ CN: [commonName.slice(0, maxCommonNameLength)] }];
}

function pemOf(certificate: { toString(format: 'pem'): string }): string {
  return `${certificate.toString('pem').trimEnd()}\n`;
}

/** SEC 1, which is what the reference reads. */
async function keyPem(key: CryptoKey): Promise<string> {
  const bytes = Buffer.from(await crypto.subtle.exportKey('pkcs8', key));
  return createPrivateKey({ key: bytes, type: 'pkcs8', format: 'der' }).export({ type: 'sec1', format: 'pem' }).toString();
}
