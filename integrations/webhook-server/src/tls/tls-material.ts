// PEM texts to what a TLS server needs, checked before it is used: a file that is half written must not reach the server.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';

import { Fault, isFault } from 'wasmwarden';

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
 * @throws {Fault} `TLS_MATERIAL_INVALID`
 */
export function tlsMaterial({ certificate, key, clientCas }: TlsFiles): TlsMaterial {
  try {
    const chain = certificatesOf(certificate, 'certificate');
    const leaf = new X509Certificate(chain[0] ?? '');
    if (!leaf.checkPrivateKey(createPrivateKey(key))) throw invalid('the private key does not belong to the certificate');
    const ca = clientCas.flatMap((text) => certificatesOf(text, 'client CA'));
    const material = { cert: chain.join('\n'), key, ...(clientCas.length === 0 ? {} : { ca }) };
    createSecureContext(material);
    return { ...material, fingerprint: leaf.fingerprint256, notAfter: leaf.validTo };
  } catch (thrown) {
    throw isFault(thrown) ? thrown : invalid(thrown instanceof Error ? thrown.message : String(thrown));
  }
}

function certificatesOf(text: string, what: string): string[] {
  const found = text.match(pemCertificate) ?? [];
  if (found.length === 0) throw invalid(`the ${what} file holds no PEM certificate`);
  for (const pem of found) new X509Certificate(pem);
  return found;
}

function invalid(problem: string): Fault {
  return new Fault('TLS_MATERIAL_INVALID', `Cannot use the TLS files: ${problem}`);
}
