// The running policy-server: start-up in the seed's order, the ports, and the way out. Files and process are main.ts's business.
import { availableParallelism } from 'node:os';

import { createRuntime, Fault } from 'wasmwarden';
import type { PolicyDefinition, PolicyId } from 'wasmwarden/policy';
import type { Logger } from 'pino';

import { createApp, type Now } from './app.js';
import type { ServerConfig } from './config.js';
import { BodyReader } from './middleware/body-reader.js';
import type { ModuleSources } from './policies/module-sources.js';
import { loadPolicies, type PolicyProblem } from './policies/start-up.js';
import { openPorts, type OpenPorts } from './ports.js';
import type { RouteContext } from './routes/judge.js';
import type { ApiLimits } from './sockets/api-limits.js';
import { logEvaluation, logEvent, logFailure, logUnservable } from './telemetry/log.js';
import { createMetrics, type Metrics } from './telemetry/metrics.js';
import type { StuckWorkers } from './telemetry/stuck-workers.js';
import type { TlsMaterial } from './tls/tls-material.js';

/** What a server is made of. */
export interface ServerParts {
  readonly config: ServerConfig;
  readonly definitions: ReadonlyMap<PolicyId, PolicyDefinition>;
  readonly sources: Pick<ModuleSources, 'locate' | 'capabilities'>;
  readonly tls: TlsMaterial | undefined;
  readonly limits: ApiLimits;
  /** Told of sandbox threads that cannot be stopped; /livez fails while there are any. */
  readonly stuckWorkers: StuckWorkers;
  readonly log: Logger;
  readonly now: Now;
}

/** A server that is ready. */
export interface RunningServer {
  readonly port: number;
  readonly readinessPort: number;
  readonly metricsPort: number | undefined;
  replaceTls(material: TlsMaterial): void;
  /**
   * Not ready any more, then drained, then gone.
   *
   * @param lingerMs how long requests are still taken in: whoever routes them needs time to hear that the server is not ready
   */
  stop(lingerMs: number): Promise<void>;
}

/** How long requests in flight may take once the server is told to stop, in milliseconds; a Pod is given 30 seconds. */
const graceMs = 20_000;

/** Longest time that a policy without a limit of its own may take over its settings, in milliseconds. */
const watchdogMs = 60_000;

/** Policies that are wrong, one after the other in `problems`. */
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
 * @throws {Fault} `PORT_UNAVAILABLE`
 */
export async function startServer(parts: ServerParts): Promise<RunningServer> {
  const { config, log, now, stuckWorkers } = parts;
  const bodies = new BodyReader(config, now);
  const metrics = createMetrics({ occupancy: () => runtime.occupancy, bufferedBytes: () => bodies.bufferedBytes, stuckWorkers: () => stuckWorkers.count });
  const runtime = createRuntime({
    ...(config.workers === undefined ? {} : { workers: config.workers }),
    queueSize: config.queueSize,
    policyTimeoutMs: config.policyTimeoutMs,
    requireMetadata: true,
    capabilities: parts.sources.capabilities,
    onEvent: (event) => {
      stuckWorkers.event(event);
      metrics.event(event);
      logEvent(log, event);
    },
  });
  try {
    const problems = await loadPolicies(parts.definitions, { runtime, locate: parts.sources.locate, concurrency: Math.min(config.workers ?? availableParallelism(), config.queueSize), watchdogMs });
    for (const { policyId, message } of problems) log.error({ policy_id: policyId }, message);
    if (problems.some(({ fatal }) => fatal || !config.continueOnErrors)) throw new PoliciesWrong(problems);
    const context: RouteContext = {
      runtime,
      bodies,
      problems: new Map(problems.map(({ policyId, message }) => [policyId, message])),
      alwaysAcceptedNamespace: config.alwaysAcceptedNamespace,
      report: reportTo(log, metrics),
    };
    const handle = createApp(context, now).callback();
    const ports = await openPorts(parts, { listener: (request, response) => void handle(request, response), metrics, isAlive: () => stuckWorkers.count === 0 });
    return { ...ports, stop: (lingerMs) => stop(ports, { lingerMs, log, closeRuntime: () => runtime.close() }) };
  } catch (thrown) {
    await runtime.close();
    throw thrown;
  }
}

interface Stopping {
  readonly lingerMs: number;
  readonly log: Logger;
  readonly closeRuntime: () => Promise<void>;
}

async function stop(ports: OpenPorts, { lingerMs, log, closeRuntime }: Stopping): Promise<void> {
  ports.setUnready();
  if (lingerMs > 0) await new Promise((resolve) => setTimeout(resolve, lingerMs));
  log.info('shutting down: finishing the requests in flight');
  const cutOff = await ports.closeApi(graceMs);
  if (cutOff > 0) log.warn({ connections: cutOff, grace_ms: graceMs }, 'connections were cut off, their requests took too long');
  await closeRuntime();
  await ports.closeProbes();
}

function reportTo(log: Logger, metrics: Metrics): RouteContext['report'] {
  return {
    evaluated(report) {
      metrics.evaluated(report);
      logEvaluation(log, report);
    },
    unservable(request) {
      metrics.unservable(request.policyId);
      logUnservable(log, request);
    },
    failed(path, status, thrown) {
      metrics.failed(status);
      logFailure(log, path, status, thrown);
    },
  };
}
