// The clients that reach sources, put together: one transport, an HTTP client that knows the operator's sources, a
// registry client that knows the operator's credentials.
import { createHttpClient, type HttpClient } from '../http/client.js';
import { type Clock, systemClock } from '../http/clock.js';
import { noProxies } from '../http/proxies.js';
import { defaultRetryPolicy, type RetryPolicy } from '../http/retry.js';
import type { Transport } from '../http/transport.js';
import { createUndiciTransport } from '../http/undici-transport.js';
import { strictAccess } from '../http/access.js';
import { runCredentialHelper } from '../oci/credential-helper.js';
import { dockerCredentials } from '../oci/credentials.js';
import { type DockerConfig, emptyDockerConfig } from '../oci/docker-config.js';
import { createRegistryClient, type RegistryClient } from '../oci/registry-client.js';
import type { SourceEventSink } from './source-event.js';
import type { Sources } from './sources.js';

export interface SourceClientOptions {
  /** Default: verified TLS alone, no proxy. */
  readonly sources?: Sources;
  /** Default: no credentials. */
  readonly dockerConfig?: DockerConfig;
  readonly onEvent?: SourceEventSink;
  readonly retry?: RetryPolicy;
  readonly clock?: Clock;
  /** How long moving one module may take, all attempts together, in milliseconds. Default 300,000. */
  readonly transferTimeoutMs?: number;
  /** Takes the place of the network. */
  readonly transport?: Transport;
}

/** Clients that share connections, until `close`. */
export interface SourceClients {
  readonly http: HttpClient;
  readonly registry: RegistryClient;
  readonly retry: RetryPolicy;
  readonly clock: Clock;
  readonly transferTimeoutMs: number;
  readonly close: () => Promise<void>;
}

/** Makes the clients. */
export function createSourceClients(options: SourceClientOptions = {}): SourceClients {
  const { sources = { access: () => strictAccess, proxies: noProxies }, dockerConfig = emptyDockerConfig, onEvent = (): void => undefined } = options;
  const { retry = defaultRetryPolicy, clock = systemClock, transferTimeoutMs = 300_000, transport = createUndiciTransport({ proxies: sources.proxies }) } = options;
  const http = createHttpClient({ transport, access: sources.access, onEvent });
  const credentials = dockerCredentials(dockerConfig, runCredentialHelper, onEvent);
  const registry = createRegistryClient({ http, credentials, onEvent, clock, retry, transferTimeoutMs });
  return { http, registry, retry, clock, transferTimeoutMs, close: () => transport.close() };
}
