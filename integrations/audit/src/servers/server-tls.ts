// What connections to policy-servers are made with.
import { rootCertificates } from 'node:tls';

/** PEM texts; what is absent is not used. */
export interface TlsTexts {
  readonly insecure: boolean;
  readonly authorities?: string | undefined;
  readonly client?: { readonly certificate: string; readonly key: string } | undefined;
}

/** Options of a TLS connection. */
export interface ServerTls {
  readonly minVersion: 'TLSv1.2';
  readonly rejectUnauthorized: boolean;
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}

/** The options for connections: the system's authorities stay trusted beside those given. */
export function serverTls({ insecure, authorities, client }: TlsTexts): ServerTls {
  return {
    minVersion: 'TLSv1.2',
    rejectUnauthorized: !insecure,
    ...(authorities === undefined ? {} : { ca: [...rootCertificates, authorities] }),
    ...(client === undefined ? {} : { cert: client.certificate, key: client.key }),
  };
}
