// Certificate authorities for TLS tests: servers, clients and intermediates, made in the process.
import 'reflect-metadata';

import { webcrypto, KeyObject } from 'node:crypto';

import { BasicConstraintsExtension, cryptoProvider, ExtendedKeyUsage, ExtendedKeyUsageExtension, SubjectAlternativeNameExtension, type Extension, X509CertificateGenerator, type X509Certificate } from '@peculiar/x509';

// The package wants the browser's type, which Node's satisfies.
cryptoProvider.set(webcrypto as Crypto);
const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const dayMs = 86_400_000;

/** A certificate with its key, as PEM. `certificate` holds the chain up to, but without, the root. */
export interface TestCertificate {
  readonly certificate: string;
  readonly key: string;
}

let serial = 1;

/** Signs certificates. Make one with `createAuthority`. */
export class Authority {
  readonly #root: X509Certificate;
  readonly #issuer: X509Certificate;
  readonly #keys: CryptoKeyPair;
  /** Certificates between the issuer's own and the root. */
  readonly #chain: readonly X509Certificate[];

  constructor(root: X509Certificate, issuer: X509Certificate, keys: CryptoKeyPair, chain: readonly X509Certificate[]) {
    this.#root = root;
    this.#issuer = issuer;
    this.#keys = keys;
    this.#chain = chain;
  }

  /** The root's certificate as PEM. */
  get pem(): string {
    return this.#root.toString('pem');
  }

  /** A certificate for `localhost` and `127.0.0.1`. */
  async issueServer(): Promise<TestCertificate> {
    return this.#issue('CN=policy-server', ExtendedKeyUsage.serverAuth);
  }

  /** A client's certificate. */
  async issueClient(name: string): Promise<TestCertificate> {
    return this.#issue(`CN=${name}`, ExtendedKeyUsage.clientAuth);
  }

  /** An authority below this one. */
  async createIntermediate(name: string): Promise<Authority> {
    const keys = await newKeys();
    const certificate = await this.#sign(`CN=${name}`, keys.publicKey, [new BasicConstraintsExtension(true, 0, true)]);
    return new Authority(this.#root, certificate, keys, [certificate, ...this.#chain]);
  }

  async #issue(subject: string, usage: string): Promise<TestCertificate> {
    const keys = await newKeys();
    const names = new SubjectAlternativeNameExtension([
      { type: 'dns', value: 'localhost' },
      { type: 'ip', value: '127.0.0.1' },
    ]);
    const leaf = await this.#sign(subject, keys.publicKey, [names, new ExtendedKeyUsageExtension([usage])]);
    const key = KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' });
    return { certificate: [leaf, ...this.#chain].map((certificate) => certificate.toString('pem')).join('\n'), key: String(key) };
  }

  async #sign(subject: string, publicKey: CryptoKey, extensions: Extension[]): Promise<X509Certificate> {
    return X509CertificateGenerator.create({
      ...validity(),
      serialNumber: nextSerial(),
      subject,
      issuer: this.#issuer.subject,
      publicKey,
      signingKey: this.#keys.privateKey,
      signingAlgorithm: algorithm,
      extensions,
    });
  }
}

/** A new root. */
export async function createAuthority(name: string): Promise<Authority> {
  const keys = await newKeys();
  const root = await X509CertificateGenerator.createSelfSigned({ ...validity(), serialNumber: nextSerial(), name: `CN=${name}`, keys, signingAlgorithm: algorithm, extensions: [new BasicConstraintsExtension(true, undefined, true)] });
  return new Authority(root, root, keys, []);
}

function newKeys(): Promise<CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
}

function validity(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - dayMs), notAfter: new Date(Date.now() + dayMs) };
}

function nextSerial(): string {
  return (serial++).toString(16).padStart(16, '0');
}
