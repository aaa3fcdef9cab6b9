// What a run did, counted, and what was said once already.
import type { AuditPlan, Evaluated } from 'wasmwarden/audit';
import { isKnownSeverity } from 'wasmwarden/audit';
import type { Logger } from 'pino';

/** The figures of a run. */
export interface Figures {
  objects: number;
  reports: number;
  removed: number;
  passed: number;
  failed: number;
  errored: number;
  /** Resources that were not all listed, and reports that were not written. */
  failures: number;
}

/** Counts, and speaks once about each policy that is not asked. */
export class Tally {
  readonly figures: Figures = { objects: 0, reports: 0, removed: 0, passed: 0, failed: 0, errored: 0, failures: 0 };
  readonly #log: Logger;
  readonly #said = new Set<string>();

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Counts what was said about one object. */
  evaluated(evaluated: readonly Evaluated[]): void {
    this.figures.objects += 1;
    for (const { answer } of evaluated) this.figures[answer.kind] += 1;
  }

  /** Tells about the policies of a plan that are not asked, or not about everything. */
  planned({ exemptions, omissions, families }: AuditPlan): void {
    for (const { kind, policyId, because } of exemptions) this.#once(`${policyId} ${because}`, () => this.#log[kind === 'skipped' ? 'info' : 'warn']({ policy: policyId, reason: because }, `policy ${kind}`));
    for (const { policyId, unknown } of omissions) this.#once(`${policyId} omits`, () => this.#log.warn({ policy: policyId, resources: unknown }, 'resources that the API server does not serve are left out'));
    for (const { policy } of families.flatMap(({ assignments }) => assignments)) {
      if (!isKnownSeverity(policy.severity)) this.#once(`${policy.id} severity`, () => this.#log.warn({ policy: policy.id, severity: policy.severity }, 'the severity is none that reports can have, and is left out'));
    }
  }

  #once(what: string, say: () => void): void {
    if (this.#said.has(what)) return;
    this.#said.add(what);
    say();
  }
}
