// PEM texts to what a TLS server needs, checked before it is used: a file that is half written must not reach the server.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { Fault, messageOf } from 'wasmwarden';

/** Texts of the files. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
  readonly clientCas: readonly string[];
}

/** What the server is given. `clientCas` is absent where clients need no certificate. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string[];
  /** SHA-256 of the leaf, for logs. */
  readonly fingerprint: string;
  readonly notAfter: string;
}

const pemCertificate = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/**
 * Checks that certificate and key parse and belong together, and that the client authorities are certificates.
 *
 * Chains are accepted (the leaf first); of the client authorities, what is no certificate is refused: it would narrow who may
 * connect without a word.
 *
 * @param paths of the files, for messages
 * @throws {Fault} `TLS_MATERIAL_INVALID`
 */
export function tlsMaterial({ certificate, key, clientCas }: TlsFiles, paths: readonly string[] = []): TlsMaterial {
  try {
    const chain = certificatesOf(certificate, 'certificate');
    const leaf = new X509Certificate(chain[0] ?? '');
    if (!leaf.checkPrivateKey(privateKeyOf(key))) throw new Unusable('the private key does not belong to the certificate');
    const ca = clientCas.flatMap((text) => certificatesOf(text, 'client CA'));
    const material = { cert: chain.join('\n'), key, ...(clientCas.length === 0 ? {} : { ca }) };
    createSecureContext(material);
    return { ...material, fingerprint: leaf.fingerprint256, notAfter: leaf.validTo };
  } catch (thrown) {
    const files = paths.length === 0 ? '' : ` ${paths.map((path) => `'${path}'`).join(', ')}`;
    throw new Fault('TLS_MATERIAL_INVALID', `Cannot use the TLS files${files}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** What is wrong, in words of ours: those of OpenSSL tell nobody which file it is about. */
class Unusable extends Error {}

function certificatesOf(text: string, what: string): string[] {
  const found = text.match(pemCertificate) ?? [];
  // In a file that is being written, what comes last may be cut off: the ones before it are not all that is meant.
  const isCutOff = text.replaceAll(pemCertificate, '').includes('-----BEGIN CERTIFICATE-----');
  if (found.length === 0) throw new Unusable(`the ${what} file holds no PEM certificate`);
  if (isCutOff) throw new Unusable(`the ${what} file ends within a certificate`);
  for (const [index, pem] of found.entries()) {
    const position = found.length === 1 ? 'a certificate' : `as number ${index + 1} a certificate`;
    parsed(() => new X509Certificate(pem), `the ${what} file holds ${position} that cannot be read`);
  }
  return found;
}

function privateKeyOf(text: string): KeyObject {
  if (!/-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----/.test(text)) throw new Unusable('the key file holds no PEM private key');
  if (/-----BEGIN ENCRYPTED |^Proc-Type: 4,ENCRYPTED/m.test(text)) throw new Unusable('the private key is encrypted, and there is nobody to ask for its passphrase; store it without one');
  return parsed(() => createPrivateKey(text), 'the key file holds a private key that cannot be read');
}

function parsed<Result>(parse: () => Result, problem: string): Result {
  try {
    return parse();
  } catch (thrown) {
    throw new Unusable(`${problem} (${messageOf(thrown)})`, { cause: thrown });
  }
}
