// Reports of the format that was written before: a run that writes `openreports` removes the others (contract 7.2).
import { isFault } from 'wasmwarden';
import { managedBy, managedByLabel, reportFormats } from 'wasmwarden/audit';
import { type ApiResource, type ClusterClient, collectionPath } from 'wasmwarden/kubernetes';

import { objectsOf, type Patience } from '../cluster/patience.js';

const labelSelector = `${managedByLabel}=${managedBy}`;
const namespaces: ApiResource = { group: '', version: 'v1', plural: 'namespaces', kind: 'Namespace', namespaced: false };

/**
 * Removes our own reports of the format `policyreport`; a cluster that has no such definitions has none.
 *
 * @throws {Fault} what the API server answers
 */
export async function removeLegacyReports(client: ClusterClient, patience: Patience): Promise<void> {
  const { cluster, namespaced } = reportFormats.policyreport;
  if (await hasReports(client, cluster, patience)) await removeAll(client, cluster, undefined, patience);
  if (!(await hasReports(client, namespaced, patience))) return;
  for await (const { object } of objectsOf(client, { resource: namespaces }, {}, patience)) await removeAll(client, namespaced, object.metadata.name, patience);
}

async function hasReports(client: ClusterClient, resource: ApiResource, { signal }: Patience): Promise<boolean> {
  try {
    for await (const { items } of client.pages({ resource }, { labelSelector, pageSize: 1, signal })) return items.length > 0;
    return false;
  } catch (error) {
    if (isFault(error, 'KUBERNETES_NOT_FOUND')) return false;
    throw error;
  }
}

async function removeAll(client: ClusterClient, resource: ApiResource, namespace: string | undefined, { signal }: Patience): Promise<void> {
  const path = `${collectionPath({ resource, namespace })}?labelSelector=${encodeURIComponent(labelSelector)}`;
  await client.request({ attempted: `delete legacy ${resource.plural}`, method: 'DELETE', path }, { signal });
}
