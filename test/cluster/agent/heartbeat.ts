// Registers a Node and keeps its Lease renewed until told to stop.

import { setTimeout as delay } from 'node:timers/promises';
import { isConflict, isNotFound, type ApiClient } from '../api/client.js';
import type { ApiObject } from '../api/objects.js';
import { nodeLease, nodeObject, nodeStatus, type NodeFacts } from './node-object.js';

/** Time between renewals, in milliseconds, as a kubelet's (a quarter of the Lease). */
const RENEW_MS = 10_000;

/** Pause after a failed renewal, in milliseconds. */
const RETRY_MS = 1_000;

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';

/** Makes the Node exist and ready. */
export async function registerNode(client: ApiClient, facts: NodeFacts): Promise<ApiObject> {
  try {
    await client.create('/api/v1/nodes', nodeObject(facts));
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  return client.patch<ApiObject>(`/api/v1/nodes/${facts.name}/status`, 'strategic-merge-patch+json', { status: nodeStatus(facts, new Date()) });
}

/** Renews the Lease until the signal aborts. */
export async function keepLease(client: ApiClient, node: ApiObject, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const renewed = await renewLease(client, node).then(
      () => true,
      () => false,
    );
    await delay(renewed ? RENEW_MS : RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function renewLease(client: ApiClient, node: ApiObject): Promise<void> {
  const { name, uid } = node.metadata;
  const lease = nodeLease(name, uid, new Date());
  try {
    await client.patch(`${LEASES}/${name}`, 'merge-patch+json', lease);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    await client.create(LEASES, lease);
  }
}
