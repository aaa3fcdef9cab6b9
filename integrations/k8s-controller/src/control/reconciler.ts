// Works on subjects for as long as this process leads: a queue of keys, and what became of each.
import { runWorkers, WorkQueue, type SteadyClock, type Worked } from 'wasmwarden/kubernetes';
import type { Logger } from 'pino';

import type { Metrics } from '../telemetry/metrics.js';
import { formatKey, parseKey, type Key, type Subject } from '../world/keys.js';
import { attempted, type Reconciled } from './outcome.js';
import { reconcileCertificates } from './reconcile-certificates.js';
import { reconcileOwnWebhooks } from './reconcile-own-webhooks.js';
import { reconcilePolicy } from './reconcile-policy.js';
import { reconcilePolicyServer } from './reconcile-policy-server.js';
import type { Surroundings } from './surroundings.js';

/** What a reconciler is made of. */
export interface ReconcilerParts {
  readonly surroundings: Surroundings;
  readonly metrics: Pick<Metrics, 'reconciled'>;
  readonly log: Logger;
  readonly clock: SteadyClock;
}

/** How many subjects are worked on at once: the API server is waited for, not the processor. */
const workers = 4;

/** From one failure to the next try. */
const backOff = { firstMs: 20, maxMs: 60_000 };

/** Work on subjects. */
export class Reconciler {
  readonly #parts: ReconcilerParts;
  readonly #queue: WorkQueue<Key>;

  constructor(parts: ReconcilerParts) {
    this.#parts = parts;
    this.#queue = new WorkQueue<Key>({ backOff, clock: parts.clock });
  }

  /** Subjects that wait. */
  get length(): number {
    return this.#queue.length;
  }

  /** Asks for work on subjects; each is worked on once, however often it is asked for meanwhile. */
  add(subjects: readonly Subject[]): void {
    for (const subject of subjects) this.#queue.add(formatKey(subject));
  }

  /** Works until the signal fires and what is under way has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const stop = (): void => void this.#queue.shutDown();
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    try {
      await runWorkers(this.#queue, workers, (key) => this.#work(key));
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  async #work(key: Key): Promise<Worked> {
    const { metrics, clock } = this.#parts;
    const begunMs = clock.steadyMs();
    const subject = parseKey(key);
    const { failures, nextMs } = await attempted(() => this.#reconcile(subject));
    this.#report(key, failures);
    const result = failures.length > 0 ? 'error' : nextMs === undefined ? 'success' : 'requeue_after';
    metrics.reconciled(controllerName(subject), result, (clock.steadyMs() - begunMs) / 1000);
    if (failures.length === 0) return nextMs === undefined ? { kind: 'done' } : { kind: 'again', afterMs: nextMs };
    return { kind: 'failed', atLeastMs: Math.max(0, ...failures.map(({ retryAfterMs }) => retryAfterMs ?? 0)) };
  }

  #reconcile(subject: Subject): Promise<Reconciled> {
    const { surroundings } = this.#parts;
    switch (subject.kind) {
      case 'policy':
        return reconcilePolicy(subject.policy, surroundings);
      case 'policy-server':
        return reconcilePolicyServer(subject.name, surroundings);
      case 'certificates':
        return reconcileCertificates(surroundings);
      case 'own-webhooks':
        return reconcileOwnWebhooks(surroundings);
    }
  }

  #report(key: Key, failures: Reconciled['failures']): void {
    for (const { message, expected } of failures) this.#parts.log[expected ? 'debug' : 'warn']({ subject: key, problem: message }, 'reconciliation failed, trying again');
  }
}

/** The name of the reference's controller for a subject. */
function controllerName(subject: Subject): string {
  switch (subject.kind) {
    case 'policy':
      return subject.policy.kind.toLowerCase();
    case 'policy-server':
      return 'policyserver';
    case 'certificates':
    case 'own-webhooks':
      return subject.kind;
  }
}
