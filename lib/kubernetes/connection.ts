// How an API server is reached and who asks, as values. Where they come from is config.ts; what uses them is
// https-transport.ts.
import type { Agent } from 'node:http';

/** What a TLS connection to the API server is made with; certificates and keys are PEM. */
export interface TlsIdentity {
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly key?: string | undefined;
  /** The name the server's certificate must have, when it is not the host's. */
  readonly serverName?: string | undefined;
  /** False accepts any certificate. */
  readonly verified: boolean;
}

/** Everything a request needs besides what it asks for. */
export interface Connection {
  /** May have a path, below which the API lies. */
  readonly server: URL;
  readonly tls: TlsIdentity;
  /** Credentials among them; names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Leads through the proxy that the configuration names, if it names one. */
  readonly proxyAgent?: Agent | undefined;
}

/** Gives connections that stay right while certificates and tokens are replaced. */
export interface ConnectionSource {
  /** The namespace that the configuration names for commands that name none. */
  readonly namespace: string | undefined;
  /** What to use now. */
  readonly current: () => Promise<Connection>;
  /** What to use after the API server did not know who asks; may be the same again. */
  readonly renew: (refused: Connection) => Promise<Connection>;
}
