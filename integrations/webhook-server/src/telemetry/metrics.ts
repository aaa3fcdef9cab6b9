// Reports and events as Prometheus metrics, with the names and labels of the contract (5.12).
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { RuntimeEvent } from 'wasmwarden';

import type { EvaluationReport } from './report.js';

/** What is read off the process when Prometheus asks. */
export interface MetricsSources {
  readonly occupancy: () => { readonly waiting: number; readonly running: number };
  readonly bufferedBytes: () => number;
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
const latencyLabels = evaluationLabels.filter((label) => label !== 'initialization_error');
/** The bounds of the reference's histogram. */
const latencyBounds = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

/** Makes the metrics. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const evaluations = new Counter({ name: 'kubewarden_policy_evaluations_total', help: 'Requests judged by policies.', labelNames: evaluationLabels, registers });
  const latency = new Histogram({ name: 'kubewarden_policy_evaluation_latency_milliseconds', help: 'Time in the sandbox, the wait for a worker not included.', labelNames: latencyLabels, buckets: latencyBounds, registers });
  const failures = new Counter({ name: 'wasmwarden_request_failures_total', help: 'Requests answered with an HTTP error.', labelNames: ['status'], registers });
  const outcomes = new Counter({ name: 'wasmwarden_guest_calls_total', help: 'Guest calls by what they came to.', labelNames: ['operation', 'outcome'], registers });
  const wait = new Histogram({ name: 'wasmwarden_queue_wait_milliseconds', help: 'Time that evaluations waited for a worker.', buckets: latencyBounds, registers });
  const calls = new Counter({ name: 'wasmwarden_capability_calls_total', help: 'Host capability calls.', labelNames: ['capability', 'result'], registers });
  const stops = new Counter({ name: 'wasmwarden_worker_stops_total', help: 'Sandbox threads that ended.', registers });
  gauge(registry, 'wasmwarden_evaluations_waiting', 'Evaluations that wait for a worker.', () => sources.occupancy().waiting);
  gauge(registry, 'wasmwarden_evaluations_running', 'Evaluations that run.', () => sources.occupancy().running);
  gauge(registry, 'wasmwarden_buffered_body_bytes', 'Bytes of request bodies held.', sources.bufferedBytes);
  return {
    evaluated(report) {
      const labels = labelsOf(report);
      evaluations.inc(labels);
      latency.observe(labels, report.runMs);
    },
    unservable: (policyId) => evaluations.inc({ policy_name: policyId, initialization_error: 'true' }),
    failed: (status) => failures.inc({ status: String(status) }),
    event(event) {
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

function labelsOf({ policyId, policyMode, origin, request, unprocessed }: EvaluationReport): Record<string, string> {
  const labels: Record<string, string> = {
    policy_name: policyId,
    policy_mode: policyMode,
    accepted: String(unprocessed.allowed),
    mutated: String(unprocessed.patch !== undefined),
  };
  if (request.kind === 'kubernetes') {
    labels['resource_kind'] = request.requestKind;
    labels['resource_request_operation'] = request.operation;
    labels['request_origin'] = origin;
    if (request.namespace !== undefined) labels['resource_namespace'] = request.namespace;
  }
  if (unprocessed.status?.code !== undefined) labels['error_code'] = String(unprocessed.status.code);
  return labels;
}
