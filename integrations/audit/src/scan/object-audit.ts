// One object: which policies judge it, what they say, and the report on it.
import { isFault } from 'wasmwarden';
import { type Assignment, type AuditAnswer, type AuditPlan, encodeAuditReview, type Evaluated, type Family, judges, type Report, reportOf, withoutSecrets } from 'wasmwarden/audit';
import { apiVersionOf, type ApiResource, type ExactObject } from 'wasmwarden/kubernetes';

import { patiently } from '../cluster/patience.js';
import { mapConcurrently } from './concurrently.js';
import type { Surroundings } from './surroundings.js';

/** What became of an object. */
export type Audited =
  /** No policy judges it. */
  | { readonly kind: 'unjudged' }
  /** It went while it was looked at. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'reported'; readonly report: Report; /** A policy that was asked could not judge. */ readonly couldNotAsk: boolean };

/** Has an object judged by the policies of its family. Stores nothing. */
export async function auditObject(surroundings: Surroundings, { family, plan }: { readonly family: Family; readonly plan: AuditPlan }, item: ExactObject): Promise<Audited> {
  const { tally, format, runUid, patience } = surroundings;
  const { object } = item;
  const assignments = family.assignments.filter(({ policy }) => judges(policy, object));
  const exemptions = family.exemptions.filter(({ policy }) => policy === undefined || judges(policy, object));
  const evaluated = await evaluate(surroundings, assignments, item);
  if (evaluated === undefined) return { kind: 'gone' };
  tally.evaluated(evaluated);
  const count = (kind: 'skipped' | 'errored'): number => plan.exemptions.filter((exemption) => exemption.kind === kind).length;
  const report = reportOf({ object, evaluated, exemptions, scan: { skipped: count('skipped'), errored: count('errored') } }, format, { runUid, atMs: patience.clock.nowMs() });
  return report === undefined ? { kind: 'unjudged' } : { kind: 'reported', report, couldNotAsk: evaluated.some(({ answer }) => answer.kind === 'errored') };
}

/** The answers of policies; undefined when the object is gone. */
async function evaluate(surroundings: Surroundings, assignments: readonly Assignment[], item: ExactObject): Promise<readonly Evaluated[] | undefined> {
  const { evaluator, parallel } = surroundings;
  const reviews = new Map<string, Promise<Uint8Array>>();
  const reviewFor = (resource: ApiResource): Promise<Uint8Array> => {
    const apiVersion = apiVersionOf(resource);
    const review = reviews.get(apiVersion) ?? reviewOf(surroundings, item, resource);
    reviews.set(apiVersion, review);
    return review;
  };
  try {
    return await mapConcurrently(assignments, parallel.policies, async (assignment) => {
      const review = await reviewFor(assignment.resource).catch(reasonOf);
      const answer = review instanceof Uint8Array ? await evaluator.evaluate(assignment, review) : review;
      return { policy: assignment.policy, answer: withoutSecrets(item.object, answer) };
    });
  } catch (error) {
    if (isFault(error, 'KUBERNETES_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** What a policy cannot be asked about is its error alone; an object that is gone is nobody's. */
function reasonOf(error: unknown): AuditAnswer {
  if (!isFault(error) || isFault(error, 'KUBERNETES_NOT_FOUND')) throw error;
  return { kind: 'errored', message: `the object cannot be read in the version that the policy judges: ${error.message}` };
}

/** What a policy is asked that judges the object in one version. */
async function reviewOf({ client, naming, patience }: Surroundings, item: ExactObject, resource: ApiResource): Promise<Uint8Array> {
  if (item.object.apiVersion === apiVersionOf(resource)) return encodeAuditReview({ ...item, resource, naming });
  const { name, namespace } = item.object.metadata;
  const other = await patiently(patience, () => client.getExact({ resource, namespace, name }, { signal: patience.signal }));
  return encodeAuditReview({ ...other, resource, naming });
}
