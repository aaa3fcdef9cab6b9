// One namespace, or everything of cluster scope: every object that a policy judges, then the reports that are stale.
import { isFault, messageOf } from 'wasmwarden';
import { type AuditPlan, type AuditScope, type Family, planOf, type Report, sortOf } from 'wasmwarden/audit';
import type { ExactObject } from 'wasmwarden/kubernetes';

import type { ReadKnowledge } from '../cluster/knowledge.js';
import { isAborted, objectsOf } from '../cluster/patience.js';
import { isNamespaceGone } from '../reports/report-store.js';
import { forEachConcurrently } from './concurrently.js';
import { auditObject } from './object-audit.js';
import type { Surroundings } from './surroundings.js';

/** The cluster as it was when the run began. */
export interface Beginning {
  readonly knowledge: ReadKnowledge;
  /** The version of the reports before anything else was read. */
  readonly reportsVersion: string;
}

/** Objects that are looked at have so many bytes at once; one of them may have more. */
const maxBytesInHand = 24 * 1024 * 1024;

/** Scans one scope, and gives the sorts of objects that it did not get through. Failures to list, ask and write are told and leave the rest of the scope as it is. */
export async function scanScope(surroundings: Surroundings, scope: AuditScope, { knowledge, reportsVersion }: Beginning): Promise<ReadonlySet<string>> {
  const { store, runUid, patience, tally, log } = surroundings;
  const plan = planOf(scope, knowledge);
  tally.planned(plan);
  const namespace = scope.kind === 'namespace' ? scope.name : undefined;
  const unfinished = new Set<string>();
  for (const family of plan.families) {
    if (!(await scanFamily(surroundings, { family, plan, namespace }))) unfinished.add(sortOf(family.resource));
  }
  if (store === undefined || patience.signal.aborted) return unfinished;
  try {
    tally.figures.removed += await store.removeStale(namespace, { runUid, begunVersion: reportsVersion, unfinished, unknownGroups: knowledge.unknownGroups });
  } catch (error) {
    if (!isFault(error)) throw error;
    tally.figures.failures += 1;
    log.error({ namespace, error: error.message }, 'error removing stale reports.');
  }
  return unfinished;
}

/** Tells whether every object was looked at and its report written. */
async function scanFamily(surroundings: Surroundings, { family, plan, namespace }: { readonly family: Family; readonly plan: AuditPlan; readonly namespace: string | undefined }): Promise<boolean> {
  const { client, parallel, pageSize, patience, tally, log } = surroundings;
  const weight = { limit: maxBytesInHand, of: ({ bytes }: ExactObject): number => bytes.byteLength };
  let complete = true;
  const look = async (item: ExactObject): Promise<void> => {
    if (patience.signal.aborted) return;
    const audited = await auditObject(surroundings, { family, plan }, item);
    // What was asked when the connections were cut proves nothing.
    if (isAborted(patience.signal)) return;
    const published = audited.kind !== 'reported' || (await publish(surroundings, audited.report));
    if (!published) complete = false;
    surroundings.onAudited?.(item.object, { family, plan }, published && !(audited.kind === 'reported' && audited.couldNotAsk));
  };
  try {
    await forEachConcurrently(objectsOf(client, { resource: family.resource, namespace }, { pageSize }, patience), { count: parallel.resources, weight }, look);
  } catch (error) {
    if (!isFault(error)) throw error;
    if (patience.signal.aborted) return false;
    tally.figures.failures += 1;
    log.warn({ resource: family.key, namespace, error: messageOf(error) }, 'Failed to list resources');
    return false;
  }
  return complete;
}

/** Logs and stores a report, as far as these are asked for; tells whether it is stored if it is to be. */
export async function publish({ store, outputScan, patience, tally, log }: Surroundings, report: Report): Promise<boolean> {
  if (outputScan) log.info({ report }, report.metadata.namespace === undefined ? 'ClusterPolicyReport summary' : 'PolicyReport summary');
  if (store === undefined) return true;
  try {
    await store.write(report);
    tally.figures.reports += 1;
    return true;
  } catch (error) {
    if (!isFault(error)) throw error;
    if (isNamespaceGone(error) || patience.signal.aborted) return false;
    tally.figures.failures += 1;
    log.error({ report: report.metadata.name, namespace: report.metadata.namespace, scope: report.scope, error: error.message }, 'error adding PolicyReport to store.');
    return false;
  }
}
