// The port to whoever knows the policies: one question, one answer. The adapter is remote-evaluator.ts.
import type { Assignment, AuditAnswer } from 'wasmwarden/audit';

/** Asks policies about objects. */
export interface Evaluator {
  /** Never fails: what keeps a policy from judging is its answer. @param review an AdmissionReview as JSON */
  readonly evaluate: (assignment: Pick<Assignment, 'policy' | 'url'>, review: Uint8Array) => Promise<AuditAnswer>;
  /** Asks over new connections from now on: those that are kept may lead to replicas that are on their way out. */
  readonly renew: () => void;
  /** Ends every connection; what is under way fails. */
  readonly close: () => Promise<void>;
}
