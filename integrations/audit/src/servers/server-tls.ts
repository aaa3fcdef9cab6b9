// What connections to policy-servers are made with.
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

/** PEM texts; what is absent is not used. */
export interface TlsTexts {
  readonly insecure: boolean;
  readonly authorities?: string | undefined;
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
}

/** Options of a TLS connection. */
export interface ServerTls {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
}

/**
 * The options for connections: the system's authorities stay trusted beside those given.
 *
 * The context is made once: for every connection anew, reading the system's hundred and more authorities would take longer
 * than a handshake and many megabytes.
 */
export function serverTls({ insecure, authorities, client }: TlsTexts): ServerTls {
  const secureContext = createSecureContext({
    minVersion: 'TLSv1.2',
    ...(authorities === undefined ? {} : { ca: [...rootCertificates, authorities] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  });
  return { secureContext, rejectUnauthorized: !insecure };
}
