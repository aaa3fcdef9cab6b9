// Reports of the format that was written before: a run that writes `openreports` removes the others (contract 7.2), but only once
// the new ones are there, and none about what it did not get to see.
import { isFault } from 'wasmwarden';
import { type Gaps, isInGap, managedBy, managedByLabel, reportFormats } from 'wasmwarden/audit';
import type { ClusterClient, CollectionAddress } from 'wasmwarden/kubernetes';

import { objectsOf, patiently, type Patience } from '../cluster/patience.js';
import type { Extent } from '../config.js';
import { forEachConcurrently } from '../scan/concurrently.js';

const ownReports = `${managedByLabel}=${managedBy}`;

/** Reports that are removed at once. */
const parallelRemovals = 8;

export interface LegacyOptions {
  readonly client: ClusterClient;
  readonly patience: Patience;
  /** Where the new reports are; elsewhere the others stay. */
  readonly extent: Extent;
  readonly gaps: Gaps;
}

/**
 * Removes our own reports of the format `policyreport`; a cluster that has no such definitions has none.
 *
 * @throws {Fault} what the API server answers
 */
export async function removeLegacyReports(options: LegacyOptions): Promise<void> {
  const { extent } = options;
  const { cluster, namespaced } = reportFormats.policyreport;
  if (extent.kind !== 'namespace') await removeAll({ resource: cluster }, options);
  if (extent.kind !== 'cluster') await removeAll({ resource: namespaced, namespace: extent.kind === 'namespace' ? extent.name : undefined }, options);
}

async function removeAll(collection: CollectionAddress, { client, patience, gaps }: LegacyOptions): Promise<void> {
  const { signal } = patience;
  try {
    await forEachConcurrently(objectsOf(client, collection, { labelSelector: ownReports }, patience), { count: parallelRemovals }, async ({ object }) => {
      if (isInGap(object, gaps)) return;
      const { name, namespace } = object.metadata;
      await patiently(patience, () => client.delete({ resource: collection.resource, namespace, name }, { signal }).catch(ignoreAbsence));
    });
  } catch (error) {
    ignoreAbsence(error);
  }
}

/** What is not there need not be removed: neither a report nor the whole definition. */
function ignoreAbsence(error: unknown): void {
  if (!isFault(error, 'KUBERNETES_NOT_FOUND')) throw error;
}
