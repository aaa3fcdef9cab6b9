// Conditions from what was found: those that did not change keep their time, those of others stay.
import type { Condition, Finding } from '../crds/conditions.js';

/** When and about what findings were made. */
export interface FindingContext {
  /** RFC 3339, whole seconds. */
  readonly now: string;
  readonly generation: number | undefined;
}

/** A finding that holds. */
export function holds(type: string, reason: string, message = ''): Finding {
  return { type, status: 'True', reason, message };
}

/** A finding that does not hold. */
export function fails(type: string, reason: string, message: string): Finding {
  return { type, status: 'False', reason, message };
}

/** The conditions that say the findings; earlier ones of other types are kept unless `dropped` names them. */
export function conditionsFrom(earlier: readonly Condition[], findings: readonly Finding[], { now, generation }: FindingContext, dropped: readonly string[] = []): readonly Condition[] {
  const untouched = earlier.filter(({ type }) => !dropped.includes(type) && !findings.some((finding) => finding.type === type));
  return [...untouched, ...findings.map((finding) => condition(finding, earlier, now, generation))];
}

function condition(finding: Finding, earlier: readonly Condition[], now: string, generation: number | undefined): Condition {
  const before = earlier.find(({ type, status }) => type === finding.type && status === finding.status);
  return { ...finding, lastTransitionTime: before?.lastTransitionTime ?? now, ...(generation === undefined ? {} : { observedGeneration: generation }) };
}
