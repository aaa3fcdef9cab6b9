// Metrics for Prometheus, with the names that Kubernetes controllers have (contract 6.3).
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** A policy, as it is counted. */
export interface CountedPolicy {
  readonly name: string;
  readonly policy_server: string;
  readonly module: string;
  readonly mutating: string;
  readonly namespace: string;
  readonly failure_policy: string;
  readonly policy_status: string;
}

/** What is read when Prometheus asks. */
export interface MetricsSources {
  readonly queueLength: () => number;
  readonly isLeader: () => boolean;
  readonly policies: () => readonly CountedPolicy[];
}

/** The metrics of a controller. */
export interface Metrics {
  reconciled(controller: string, result: 'success' | 'error' | 'requeue_after', seconds: number): void;
  wrote(kind: string, action: string): void;
  answered(webhook: string, code: number): void;
  /** The text that Prometheus reads, and its content type. */
  text(): Promise<{ readonly body: string; readonly type: string }>;
}

/** Name of the Lease, and of the election in metrics. */
export const electionName = 'a4ddbf36.kubewarden.io';

/** Makes the metrics. */
export function createMetrics(sources: MetricsSources): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const total = new Counter({ name: 'controller_runtime_reconcile_total', help: 'Reconciliations by what they came to.', labelNames: ['controller', 'result'], registers });
  const errors = new Counter({ name: 'controller_runtime_reconcile_errors_total', help: 'Reconciliations that failed.', labelNames: ['controller'], registers });
  const time = new Histogram({ name: 'controller_runtime_reconcile_time_seconds', help: 'Duration of reconciliations.', labelNames: ['controller'], buckets: [0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60], registers });
  const webhooks = new Counter({ name: 'controller_runtime_webhook_requests_total', help: "Requests to the controller's own webhooks.", labelNames: ['webhook', 'code'], registers });
  const writes = new Counter({ name: 'wasmwarden_cluster_writes_total', help: 'Changes written to the cluster.', labelNames: ['kind', 'action'], registers });
  new Gauge({ name: 'workqueue_depth', help: 'Subjects that wait to be reconciled.', labelNames: ['name'], registers, collect(): void { this.set({ name: 'controller' }, sources.queueLength()); } });
  new Gauge({ name: 'leader_election_master_status', help: 'Whether this process leads.', labelNames: ['name'], registers, collect(): void { this.set({ name: electionName }, sources.isLeader() ? 1 : 0); } });
  new Gauge({
    name: 'kubewarden_policy_total',
    help: 'Installed policies.',
    labelNames: ['name', 'policy_server', 'module', 'mutating', 'namespace', 'failure_policy', 'policy_status'],
    registers,
    collect(): void {
      // The reference counts reconciliations here, and policies that are long gone (C14).
      this.reset();
      for (const policy of sources.policies()) this.set({ ...policy }, 1);
    },
  });
  return {
    reconciled(controller, result, seconds) {
      total.inc({ controller, result });
      if (result === 'error') errors.inc({ controller });
      time.observe({ controller }, seconds);
    },
    wrote: (kind, action) => writes.inc({ kind, action }),
    answered: (webhook, code) => webhooks.inc({ webhook, code: String(code) }),
    text: async () => ({ body: await registry.metrics(), type: registry.contentType }),
  };
}
