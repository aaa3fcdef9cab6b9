// Clients for tests: sources and credentials as short data, no waiting between attempts, every event kept.
import type { HostAccess } from '../../lib/http/access.js';
import { strictAccess } from '../../lib/http/access.js';
import { defaultRetryPolicy } from '../../lib/http/retry.js';
import type { DockerConfig } from '../../lib/oci/docker-config.js';
import { createUndiciTransport } from '../../lib/http/undici-transport.js';
import { createSourceClients, type SourceClients } from '../../lib/source/source-clients.js';
import type { SourceEvent } from '../../lib/source/source-event.js';

export interface SourceBench extends SourceClients, AsyncDisposable {
  readonly events: SourceEvent[];
  /** The waits between attempts, in milliseconds; nobody waited for them. */
  readonly waits: number[];
}

/** What a test says about one host. */
export const trusted = (ca: string): HostAccess => ({ ...strictAccess, authorities: [ca] });
export const insecure: HostAccess = { ...strictAccess, insecure: true };
export const insecureWithCredentials: HostAccess = { ...insecure, plainCredentials: true };

/** A Docker configuration with one user. */
export function dockerConfigOf(host: string, user: string, password: string): DockerConfig {
  return { auths: { [host]: { auth: Buffer.from(`${user}:${password}`).toString('base64') } } };
}

/** Makes clients that know the hosts given and are strict with all others. */
export function openBench(hosts: Readonly<Record<string, HostAccess>>, options: { readonly dockerConfig?: DockerConfig; readonly idleTimeoutMs?: number; readonly transferTimeoutMs?: number } = {}): SourceBench {
  const events: SourceEvent[] = [];
  const waits: number[] = [];
  const clock = { nowMs: Date.now, random: () => 0.5, sleep: (durationMs: number) => Promise.resolve(void waits.push(durationMs)) };
  const { dockerConfig = {}, idleTimeoutMs = 5000, transferTimeoutMs = 20_000 } = options;
  const clients = createSourceClients({
    sources: { access: (host) => hosts[host] ?? strictAccess, proxies: { except: [] } },
    dockerConfig,
    clock,
    retry: defaultRetryPolicy,
    transferTimeoutMs,
    transport: createUndiciTransport({ idleTimeoutMs }),
    onEvent: (event) => void events.push(event),
  });
  return { ...clients, events, waits, [Symbol.asyncDispose]: () => clients.close() };
}
