// Certificates for tests, of any shape: valid from 2020 to 2040 unless told otherwise.

// Must come first: @peculiar/x509 asks for it while it loads.
import 'reflect-metadata';

import { AsnConvert } from '@peculiar/asn1-schema';
import { GeneralName, GeneralSubtree, GeneralSubtrees, NameConstraints } from '@peculiar/asn1-x509';
import {
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsageExtension,
  Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';

cryptoProvider.set(crypto);

/** A key pair with the algorithm that it signs with. */
export interface Keys {
  readonly pair: CryptoKeyPair;
  readonly signing: Algorithm & { readonly hash?: string };
}

/** Somebody with a name, a key and a certificate of it. */
export interface Party {
  readonly name: string;
  readonly keys: Keys;
  readonly der: Uint8Array;
}

/** How a certificate departs from the usual. */
export interface Wish {
  /** Who signs; the party itself unless told. */
  readonly by?: Party | { readonly name: string; readonly keys: Keys };
  readonly keys?: Keys;
  readonly extensions?: readonly Extension[];
  readonly from?: string;
  readonly until?: string;
}

const algorithms = {
  'P-256': { generate: { name: 'ECDSA', namedCurve: 'P-256' }, signing: { name: 'ECDSA', hash: 'SHA-256' } },
  'P-384': { generate: { name: 'ECDSA', namedCurve: 'P-384' }, signing: { name: 'ECDSA', hash: 'SHA-384' } },
  'P-521': { generate: { name: 'ECDSA', namedCurve: 'P-521' }, signing: { name: 'ECDSA', hash: 'SHA-512' } },
  Ed25519: { generate: { name: 'Ed25519' }, signing: { name: 'Ed25519' } },
  'RSA-2048': { generate: rsa('RSASSA-PKCS1-v1_5', 2048, 'SHA-256'), signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  'RSA-1024': { generate: rsa('RSASSA-PKCS1-v1_5', 1024, 'SHA-256'), signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' } },
  'RSA-SHA-1': { generate: rsa('RSASSA-PKCS1-v1_5', 2048, 'SHA-1'), signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-1' } },
  'RSA-SHA-512': { generate: rsa('RSASSA-PKCS1-v1_5', 2048, 'SHA-512'), signing: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512' } },
} as const;

/** Which keys there are, by the names the tests use. */
export type KeySort = keyof typeof algorithms;

function rsa(name: string, modulusLength: number, hash: string) {
  return { name, modulusLength, hash, publicExponent: Uint8Array.of(1, 0, 1) };
}

/** Makes a key pair, P-256 unless told. */
export async function newKeys(sort: KeySort = 'P-256'): Promise<Keys> {
  const { generate, signing } = algorithms[sort];
  const wanted: AlgorithmIdentifier = generate;
  const pair = await crypto.subtle.generateKey(wanted, true, ['sign', 'verify']);
  if (!('privateKey' in pair)) throw new Error(`${sort} is no algorithm of key pairs`);
  return { pair, signing };
}

let serial = 0x1000;

/** Makes a certificate. */
export async function certify(name: string, wish: Wish = {}): Promise<Party> {
  const keys = wish.keys ?? (await newKeys());
  const signer = wish.by ?? { name, keys };
  serial += 1;
  const certificate = await X509CertificateGenerator.create({
    serialNumber: serial.toString(16),
    subject: `CN=${name}`,
    issuer: `CN=${signer.name}`,
    notBefore: new Date(wish.from ?? '2020-01-01'),
    notAfter: new Date(wish.until ?? '2040-01-01'),
    publicKey: keys.pair.publicKey,
    signingKey: signer.keys.pair.privateKey,
    signingAlgorithm: signer.keys.signing,
    extensions: [...(wish.extensions ?? [])],
  });
  return { name, keys, der: new Uint8Array(certificate.rawData) };
}

/** What makes a certificate one of a certificate authority, with at most so many authorities below it. */
export const authority = (pathLength?: number) => [new BasicConstraintsExtension(true, pathLength, true), new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true)];

/** A certificate authority: `certify` with the extensions of one before its own. */
export const certifyAuthority = (name: string, wish: Wish = {}, pathLength?: number) =>
  certify(name, { ...wish, extensions: [...authority(pathLength), ...(wish.extensions ?? [])] });

/** An authority by its basic constraints, whose key may not sign certificates. */
export const withoutCertSign = [new BasicConstraintsExtension(true, undefined, true), new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true)];

/** An authority that says nothing of what its key may be used for. */
export const withoutKeyUsage = [new BasicConstraintsExtension(true, undefined, true)];

export const notAnAuthority = new BasicConstraintsExtension(false, undefined, true);
export const codeSigning = new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.3'], true);
export const someUnknownUsages = new ExtendedKeyUsageExtension(['1.2.3.4.5', '1.3.6.1.5.5.7.3.1'], true);

/** An extension nobody knows. */
export const unknown = (critical: boolean, id = '1.2.3.4.5') => new Extension(id, critical, Uint8Array.of(5, 0));

/** The subject's alternative DNS names. */
export const dnsNames = (...names: readonly string[]) => new SubjectAlternativeNameExtension(names.map((value) => ({ type: 'dns' as const, value })));

/** The DNS names an authority may, or may not, vouch for. */
export function nameConstraints(sort: 'permitted' | 'excluded', ...names: readonly string[]): Extension {
  const subtrees = new GeneralSubtrees(names.map((dNSName) => new GeneralSubtree({ base: new GeneralName({ dNSName }) })));
  const constraints = new NameConstraints(sort === 'permitted' ? { permittedSubtrees: subtrees } : { excludedSubtrees: subtrees });
  return new Extension('2.5.29.30', true, AsnConvert.serialize(constraints));
}

/** The PEM text of a certificate. */
export function pemOf(der: Uint8Array, label = 'CERTIFICATE'): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n');
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}
