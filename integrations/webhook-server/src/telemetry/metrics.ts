// Reports and events as Prometheus metrics, with the names and labels of the contract (5.12).
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RuntimeEvent } from 'wasmwarden';

import type { EvaluationReport } from './report.js';
import { createSandboxMetrics } from './sandbox-metrics.js';

/** What is read off the process when Prometheus asks. */
export interface MetricsSources {
  readonly occupancy: () => { readonly waiting: number; readonly running: number };
  readonly bufferedBytes: () => number;
  readonly stuckWorkers: () => number;
}

/** The metrics of one server. */
export interface Metrics {
  evaluated(report: EvaluationReport): void;
  unservable(policyId: string): void;
  failed(status: number): void;
  event(event: RuntimeEvent): void;
  /** The text that Prometheus reads, and its content type. */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

const evaluationLabels = ['policy_name', 'policy_mode', 'resource_kind', 'resource_request_operation', 'accepted', 'mutated', 'request_origin', 'resource_namespace', 'error_code', 'initialization_error'];
/**
 * Combinations of labels that get series of their own: kind, operation and namespace are the caller's words and the code is
 * the policy's, and whoever makes up new ones must not fill the memory. A large cluster has some thousands.
 */
const maxCombinations = 10_000;
/** Names in Kubernetes have at most 253 characters, kinds 63. */
const maxCombinationChars = 2048;
const uncounted = '(other)';
const latencyLabels = evaluationLabels.filter((label) => label !== 'initialization_error');
/** The bounds of the reference's histogram. */
const latencyBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** Makes the metrics. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const labelsOfEvaluations = new EvaluationLabels();
  const evaluations = new Counter({ name: 'kubewarden_policy_evaluations_total', help: 'Requests judged by policies.', labelNames: evaluationLabels, registers });
  const latency = new Histogram({ name: 'kubewarden_policy_evaluation_latency_milliseconds', help: 'Time in the sandbox, the wait for a worker not included.', labelNames: latencyLabels, buckets: latencyBounds, registers });
  const failures = new Counter({ name: 'wasmwarden_request_failures_total', help: 'Requests answered with an HTTP error.', labelNames: ['status'], registers });
  const outcomes = new Counter({ name: 'wasmwarden_guest_calls_total', help: 'Guest calls by what they came to.', labelNames: ['operation', 'outcome'], registers });
  const wait = new Histogram({ name: 'wasmwarden_queue_wait_milliseconds', help: 'Time that evaluations waited for a worker.', buckets: latencyBounds, registers });
  const calls = new Counter({ name: 'wasmwarden_capability_calls_total', help: 'Host capability calls.', labelNames: ['capability', 'result'], registers });
  const stops = new Counter({ name: 'wasmwarden_worker_stops_total', help: 'Sandbox threads that ended.', registers });
  const sandboxEvent = createSandboxMetrics(registry);
  gauge(registry, 'wasmwarden_evaluations_waiting', 'Evaluations that wait for a worker.', () => sources.occupancy().waiting);
  gauge(registry, 'wasmwarden_evaluations_running', 'Evaluations that run.', () => sources.occupancy().running);
  gauge(registry, 'wasmwarden_workers_stuck', 'Sandbox threads that cannot be stopped.', sources.stuckWorkers);
  gauge(registry, 'wasmwarden_buffered_body_bytes', 'Bytes of request bodies held.', sources.bufferedBytes);
  return {
    evaluated(report) {
      const labels = labelsOfEvaluations.of(report);
      evaluations.inc(labels);
      latency.observe(labels, report.runMs);
    },
    unservable: (policyId) => evaluations.inc({ policy_name: policyId, initialization_error: 'true' }),
    failed: (status) => failures.inc({ status: String(status) }),
    event(event) {
      sandboxEvent(event);
      if (event.kind === 'evaluated') {
        outcomes.inc({ operation: event.operation, outcome: event.outcome });
        wait.observe(event.waitMs);
      } else if (event.kind === 'capability-called') calls.inc({ capability: event.capability, result: event.ok ? 'answered' : 'refused' });
      else if (event.kind === 'capability-denied') calls.inc({ capability: 'denied', result: 'denied' });
      else if (event.kind === 'worker-stopped') stops.inc();
    },
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

type Labels = Readonly<Record<string, string>>;

/** The labels of reports, made once per combination: it is asked for every request. */
class EvaluationLabels {
  readonly #known = new Map<string, Labels>();

  /** Labels of one report; those that come from outside are withheld once there are too many combinations. */
  of(report: EvaluationReport): Labels {
    const { policyId, policyMode, origin, request, unprocessed } = report;
    const asked = request.kind === 'kubernetes' ? `${request.requestKind}\n${request.operation}\n${request.namespace ?? '\n'}` : '';
    const key = `${policyId}\n${policyMode}\n${origin}\n${unprocessed.allowed}\n${unprocessed.patch !== undefined}\n${unprocessed.status?.code ?? ''}\n${asked}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const labels = { ...ownLabels(report), ...foreignLabels(report) };
    if (this.#known.size >= maxCombinations || key.length > maxCombinationChars) return { ...labels, ...withheld(foreignLabels(report)) };
    this.#known.set(key, labels);
    return labels;
  }
}

function ownLabels({ policyId, policyMode, origin, request, unprocessed }: EvaluationReport): Labels {
  return {
    policy_name: policyId,
    policy_mode: policyMode,
    accepted: String(unprocessed.allowed),
    mutated: String(unprocessed.patch !== undefined),
    ...(request.kind === 'kubernetes' ? { request_origin: origin } : {}),
  };
}

/** What the caller says of the request, and the code that the policy made up. */
function foreignLabels({ request, unprocessed }: EvaluationReport): Labels {
  const code = unprocessed.status?.code;
  return {
    ...(request.kind === 'kubernetes' ? { resource_kind: request.requestKind, resource_request_operation: request.operation } : {}),
    ...(request.kind === 'kubernetes' && request.namespace !== undefined ? { resource_namespace: request.namespace } : {}),
    ...(code === undefined ? {} : { error_code: String(code) }),
  };
}

function withheld(labels: Labels): Labels {
  return Object.fromEntries(Object.keys(labels).map((name) => [name, uncounted]));
}
