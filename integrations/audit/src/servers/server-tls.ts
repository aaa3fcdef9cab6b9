// What connections to policy-servers are made with.
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

import { Fault, messageOf } from 'wasmwarden';

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
 *
 * @throws {Fault} CONFIG_INVALID
 */
export function serverTls({ insecure, authorities, client }: TlsTexts): ServerTls {
  // Node passes over what it cannot read among authorities.
  if (authorities !== undefined && !authorities.includes('-----BEGIN CERTIFICATE-----')) throw new Fault('CONFIG_INVALID', '--extra-ca: the file holds no certificate in PEM');
  return { secureContext: contextOf(authorities, client), rejectUnauthorized: !insecure };
}

function contextOf(authorities: string | undefined, client: TlsTexts['client']): SecureContext {
  try {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(authorities === undefined ? {} : { ca: [...rootCertificates, authorities] }),
      ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
    });
  } catch (error) {
    throw new Fault('CONFIG_INVALID', `--client-cert and --client-key: cannot use the certificate with the key: ${messageOf(error)}`, { cause: error });
  }
}
