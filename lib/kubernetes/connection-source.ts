// Connections that stay right: what a kubeconfig says is asked again every minute, and everything is read anew when the
// API server does not know who asks. Where the kubeconfig comes from is config.ts.
import type { Agent, RequestOptions } from 'node:http';

import { Fault, isFault, messageOf } from '../fault.js';
import type { KubernetesFaultCode } from './api-fault.js';
import type { Connection, ConnectionSource } from './connection.js';

/** The part of `KubeConfig` of `@kubernetes/client-node` that is used. */
export interface KubeConfigView {
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace?: string } | null;
  getCurrentCluster(): { readonly server: string; readonly skipTLSVerify: boolean; readonly proxyUrl?: string } | null;
  getCurrentUser(): object | null;
  /** Reads certificates and tokens, and runs the exec plugin. */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/** How long a connection is used before files and plugins are asked again, in milliseconds; client-go reads token files as often. */
const believedMs = 60_000;

/** How long the last connection is used on after asking failed, in milliseconds. */
const retryMs = 10_000;

/** Everything is read anew at most so often, in milliseconds: a plugin may take seconds, or ask a person. */
const renewalMs = 5_000;

/** A plugin's own words are told up to this length. */
const maxWordsLength = 500;

/**
 * Makes a source over a kubeconfig.
 *
 * @param load reads the kubeconfig; called at once, and again when the API server does not know who asks
 * @param nowMs milliseconds of a steady clock
 * @throws {Fault} KUBERNETES_CONFIG_INVALID, and what `load` throws
 */
export async function createConnectionSource(load: () => Promise<KubeConfigView>, nowMs: () => number): Promise<ConnectionSource> {
  const config = await load();
  checkContext(config);
  return new KubeConfigConnections(load, config, nowMs);
}

class KubeConfigConnections implements ConnectionSource {
  readonly namespace: string | undefined;
  readonly #load: () => Promise<KubeConfigView>;
  readonly #nowMs: () => number;
  #config: KubeConfigView;
  #loadedMs: number;
  #last: Connection | undefined;
  #believedUntilMs = Number.NEGATIVE_INFINITY;
  #asking: Promise<Connection> | undefined;

  constructor(load: () => Promise<KubeConfigView>, config: KubeConfigView, nowMs: () => number) {
    this.#load = load;
    this.#config = config;
    this.#nowMs = nowMs;
    this.#loadedMs = nowMs();
    // The file of a Pod's namespace may end in a line break.
    this.namespace = config.getContextObject(config.getCurrentContext())?.namespace?.trim();
  }

  current(): Promise<Connection> {
    if (this.#last !== undefined && this.#nowMs() < this.#believedUntilMs) return Promise.resolve(this.#last);
    return this.#once(async () => {
      try {
        return await this.#ask();
      } catch (error) {
        // A plugin may fail for a moment while its last token is still good; if it is not, the API server says so.
        if (this.#last === undefined || !isFault(error)) throw error;
        this.#believedUntilMs = this.#nowMs() + retryMs;
        return this.#last;
      }
    });
  }

  async renew(refused: Connection): Promise<Connection> {
    if (this.#asking !== undefined) return this.#asking;
    if (this.#last !== refused && this.#last !== undefined) return this.#last;
    if (this.#nowMs() - this.#loadedMs < renewalMs) return refused;
    return this.#once(async () => {
      this.#loadedMs = this.#nowMs();
      const config = await this.#load();
      checkContext(config);
      this.#config = config;
      return this.#ask();
    });
  }

  /** Callers that come while the question is open share its answer. */
  #once(work: () => Promise<Connection>): Promise<Connection> {
    this.#asking ??= work().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(): Promise<Connection> {
    this.#last = await connectionOf(this.#config);
    this.#believedUntilMs = this.#nowMs() + believedMs;
    return this.#last;
  }
}

/** Refuses what `KubeConfig` passes over: it would go on without certificate authority and credentials. */
function checkContext(config: KubeConfigView): void {
  const name = config.getCurrentContext();
  const context = JSON.stringify(name);
  // The package types it as given.
  if (typeof name !== 'string' || name === '') throw configFault('it names no current context');
  if (config.getContextObject(name) === null) throw configFault(`it has no context ${context}`);
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw configFault(`its context ${context} names a cluster that it does not have`);
  if (config.getCurrentUser() === null) throw configFault(`its context ${context} names a user that it does not have`);
  if (!URL.canParse(cluster.server) || !/^https?:$/.test(new URL(cluster.server).protocol)) throw configFault(`the server of its context ${context} is no URL of HTTPS or HTTP`);
  if (cluster.server.startsWith('http:') && !cluster.skipTLSVerify) throw configFault(`its context ${context} names a server without TLS, which has to be allowed by insecure-skip-tls-verify`);
}

/** The fault for a kubeconfig that cannot be used. */
export function configFault(found: string, cause?: unknown): Fault<KubernetesFaultCode> {
  return new Fault('KUBERNETES_CONFIG_INVALID', `cannot use the kubeconfig: ${found}`, { cause });
}

async function connectionOf(config: KubeConfigView): Promise<Connection> {
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw configFault('its current context is gone');
  const options: RequestOptions & { ca?: unknown; cert?: unknown; key?: unknown; servername?: string | undefined; rejectUnauthorized?: boolean | undefined } = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw credentialsFault(config.getCurrentContext(), error);
  }
  return {
    server: new URL(cluster.server),
    tls: { ca: pemOf(options.ca), certificate: pemOf(options.cert), key: pemOf(options.key), serverName: options.servername, verified: options.rejectUnauthorized !== false },
    headers: headersOf(options),
    // Otherwise the package's own agent is not used: it is made anew each time and keeps no connection.
    ...(cluster.proxyUrl === undefined || !isAgent(options.agent) ? {} : { proxyAgent: options.agent }),
  };
}

function isAgent(agent: RequestOptions['agent']): agent is Agent {
  return typeof agent === 'object';
}

function pemOf(value: unknown): string | undefined {
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function headersOf({ headers, auth }: RequestOptions): Readonly<Record<string, string>> {
  const entries = Object.entries(headers ?? {}).flatMap(([name, value]): [string, string][] => (typeof value === 'string' ? [[name.toLowerCase(), value.trim()]] : []));
  const basic: Record<string, string> = typeof auth === 'string' ? { authorization: `Basic ${Buffer.from(auth).toString('base64')}` } : {};
  return { ...basic, ...Object.fromEntries(entries) };
}

function credentialsFault(context: string, error: unknown): Fault<KubernetesFaultCode> {
  // The parser's message repeats the text, and that is the credential.
  const found = error instanceof SyntaxError ? 'the exec plugin did not answer with JSON' : messageOf(error).trim().slice(0, maxWordsLength);
  return new Fault('KUBERNETES_CREDENTIALS_FAILED', `cannot get the credentials of context ${JSON.stringify(context)}: ${found}`, { retryable: true });
}
