// The running policy-server: start-up in the seed's order, the ports, and the way out. Files and process are main.ts's business.
import type { Server } from 'node:http';

import { createRuntime, Fault } from 'wasmwarden';
import type { PolicyDefinition, PolicyId } from 'wasmwarden/policy';
import type { Logger } from 'pino';

import { createApiServer } from './api-server.js';
import { createApp, type Now } from './app.js';
import type { ServerConfig } from './config.js';
import { BodyReader } from './middleware/body-reader.js';
import type { ModuleSources } from './policies/module-sources.js';
import { loadPolicies, type PolicyProblem } from './policies/start-up.js';
import { createProbeServer } from './probe-server.js';
import type { RouteContext } from './routes/judge.js';
import { logEvaluation, logEvent, logFailure } from './telemetry/log.js';
import { createMetrics, type Metrics } from './telemetry/metrics.js';
import type { TlsMaterial } from './tls/tls-material.js';

/** What a server is made of. */
export interface ServerParts {
  readonly config: ServerConfig;
  readonly definitions: ReadonlyMap<PolicyId, PolicyDefinition>;
  readonly sources: Pick<ModuleSources, 'locate' | 'capabilities'>;
  readonly tls: TlsMaterial | undefined;
  readonly log: Logger;
  readonly now: Now;
}

/** A server that is ready. */
export interface RunningServer {
  readonly port: number;
  readonly readinessPort: number;
  readonly metricsPort: number | undefined;
  replaceTls(material: TlsMaterial): void;
  /** Not ready any more, then drained, then gone. */
  stop(): Promise<void>;
}

/** How long requests in flight may take once the server is told to stop, in milliseconds; a Pod is given 30 seconds. */
const graceMs = 20_000;

/** Policies that are wrong, one after the other in `context.problems`. */
export class PoliciesWrong extends Fault<'POLICIES_WRONG'> {
  readonly problems: readonly PolicyProblem[];

  constructor(problems: readonly PolicyProblem[]) {
    const lines = problems.map(({ policyId, message }) => `  ${policyId}: ${message}`);
    super('POLICIES_WRONG', `Cannot start the policy-server, ${problems.length === 1 ? 'a policy is' : `${problems.length} policies are`} wrong:\n${lines.join('\n')}`, { context: { problems } });
    this.problems = problems;
  }
}

/**
 * Starts the server: policies first, then the API's port, then readiness.
 *
 * @throws {PoliciesWrong} when policies are wrong and the server may not go on without them
 */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { config, log } = parts;
  let metrics: Metrics | undefined;
  const runtime = createRuntime({
    ...(config.workers === undefined ? {} : { workers: config.workers }),
    queueSize: config.queueSize,
    policyTimeoutMs: config.policyTimeoutMs,
    requireMetadata: true,
    capabilities: parts.sources.capabilities,
    onEvent: (event) => {
      metrics?.event(event);
      logEvent(log, event);
    },
  });
  try {
    const problems = await loadPolicies(runtime, parts.definitions, parts.sources.locate);
    for (const { policyId, message } of problems) log.error({ policy_id: policyId }, message);
    if (problems.length > 0 && !config.continueOnErrors) throw new PoliciesWrong(problems);
    const bodies = new BodyReader(config);
    const counted = createMetrics({ occupancy: () => runtime.occupancy, bufferedBytes: () => bodies.bufferedBytes });
    metrics = counted;
    const context: RouteContext = {
      runtime,
      bodies,
      problems: new Map(problems.map(({ policyId, message }) => [policyId, message])),
      alwaysAcceptedNamespace: config.alwaysAcceptedNamespace,
      report: reportTo(log, counted),
    };
    return await openPorts(parts, context, counted);
  } catch (thrown) {
    await runtime.close();
    throw thrown;
  }
}

async function openPorts({ config, tls, log, now }: ServerParts, context: RouteContext, metrics: Metrics): Promise<RunningServer> {
  const handle = createApp(context, now).callback();
  const api = createApiServer((request, response) => void handle(request, response), tls);
  let ready = true;
  const probes = createProbeServer({
    '/readiness': () => Promise.resolve({ status: ready ? 200 : 503, body: '' }),
    '/livez': () => Promise.resolve({ status: 200, body: '' }),
  });
  const scrapes = config.metricsPort === undefined ? undefined : createProbeServer({ '/metrics': async () => ({ status: 200, ...(await metrics.text()) }) });
  const opened: (() => Promise<void>)[] = [];
  try {
    const port = await api.listen(config.port, config.address);
    opened.push(() => api.close(0));
    const readinessPort = await listen(probes, config.readinessPort, config.address, opened);
    const metricsPort = scrapes === undefined || config.metricsPort === undefined ? undefined : await listen(scrapes, config.metricsPort, config.address, opened);
    return {
      port,
      readinessPort,
      metricsPort,
      replaceTls: (material) => api.replaceTls(material),
      stop: async () => {
        ready = false;
        log.info('shutting down: finishing the requests in flight');
        await api.close(graceMs);
        await context.runtime.close();
        await Promise.all([probes, ...(scrapes === undefined ? [] : [scrapes])].map(closeNow));
      },
    };
  } catch (thrown) {
    await Promise.all(opened.map((close) => close()));
    throw listenFault(thrown);
  }
}

function reportTo(log: Logger, metrics: Metrics): RouteContext['report'] {
  return {
    evaluated(report) {
      metrics.evaluated(report);
      logEvaluation(log, report);
    },
    unservable(policyId, message) {
      metrics.unservable(policyId);
      log.warn({ policy_id: policyId, problem: message }, 'request to a policy that could not be initialised');
    },
    failed(path, status, thrown) {
      metrics.failed(status);
      logFailure(log, path, status, thrown);
    },
  };
}

function listen(server: Server, port: number, address: string, opened: (() => Promise<void>)[]): Promise<number> {
  opened.push(() => closeNow(server));
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
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

