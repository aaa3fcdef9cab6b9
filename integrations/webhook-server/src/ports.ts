// The three ports of the server: API, probes and metrics. Opened in this order, so that ready means that the API listens.
import type { Server } from 'node:http';

import { Fault } from 'wasmwarden';
import type { Logger } from 'pino';

import type { ServerConfig } from './config.js';
import type { ApiLimits } from './sockets/api-limits.js';
import { createApiServer } from './sockets/api-server.js';
import { createProbeServer } from './sockets/probe-server.js';
import type { ApiListener } from './sockets/request-guard.js';
import type { Metrics } from './telemetry/metrics.js';
import type { TlsMaterial } from './tls/tls-material.js';

/** What the ports are opened with. */
export interface PortParts {
  readonly config: ServerConfig;
  readonly tls: TlsMaterial | undefined;
  readonly limits: ApiLimits;
  readonly log: Logger;
}

/** What is behind the ports. */
export interface PortAnswers {
  readonly listener: ApiListener;
  readonly metrics: Metrics;
  /** Whether /livez should say so; a supervisor restarts a server that says no. */
  readonly isAlive: () => boolean;
}

/** The open ports. */
export interface OpenPorts {
  readonly port: number;
  readonly readinessPort: number;
  readonly metricsPort: number | undefined;
  replaceTls(material: TlsMaterial): void;
  /** From now on /readiness says no. */
  setUnready(): void;
  /** Ends the API within the grace time; tells how many connections had to be cut off. */
  closeApi(graceMs: number): Promise<number>;
  closeProbes(): Promise<void>;
}

/**
 * Opens the ports.
 *
 * @throws {Fault} `PORT_UNAVAILABLE`; what was opened before is closed again
 */
export async function openPorts({ config, tls, limits, log }: PortParts, { listener, metrics, isAlive }: PortAnswers): Promise<OpenPorts> {
  const onError = (error: Error): void => log.error({ problem: error.message }, 'a listening socket failed');
  const api = createApiServer({ listener, tls, limits, onError });
  let isReady = true;
  const probes = createProbeServer({
    '/readiness': () => Promise.resolve({ status: isReady ? 200 : 503, body: '' }),
    '/livez': () => Promise.resolve({ status: isAlive() ? 200 : 503, body: '' }),
  });
  const scrapes = createProbeServer({ '/metrics': async () => ({ status: 200, ...(await metrics.text()) }) });
  const { address } = config;
  const opened: (() => Promise<unknown>)[] = [];
  try {
    const port = await api.listen(config.port, address);
    opened.push(() => api.close(0));
    const readinessPort = await listen(probes, { port: config.readinessPort, address, onError });
    opened.push(() => closeNow(probes));
    const metricsPort = config.metricsPort === undefined ? undefined : await listen(scrapes, { port: config.metricsPort, address, onError });
    return {
      port,
      readinessPort,
      metricsPort,
      replaceTls: (material) => api.replaceTls(material),
      setUnready: () => (isReady = false),
      closeApi: (graceMs) => api.close(graceMs),
      closeProbes: async () => {
        await Promise.all([probes, ...(metricsPort === undefined ? [] : [scrapes])].map(closeNow));
      },
    };
  } catch (thrown) {
    await Promise.all(opened.map((close) => close()));
    throw listenFault(thrown);
  }
}

interface Listening {
  readonly port: number;
  readonly address: string;
  readonly onError: (error: Error) => void;
}

function listen(server: Server, { port, address, onError }: Listening): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject).on('error', onError);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

function closeNow(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function listenFault(thrown: unknown): unknown {
  if (!(thrown instanceof Error) || !('syscall' in thrown) || thrown.syscall !== 'listen') return thrown;
  return new Fault('PORT_UNAVAILABLE', `Cannot start the policy-server: ${thrown.message}`, { cause: thrown });
}
