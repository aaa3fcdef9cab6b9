// The PolicyServer `default` of a new cluster: created once, and not again after somebody deleted it.
import { isFault } from 'wasmwarden';
import type { ClusterClient } from 'wasmwarden/kubernetes';

import type { DefaultPolicyServer } from '../config.js';
import { policiesApiVersion } from '../crds/group.js';
import { fieldManager } from '../desired/field-manager.js';
import { finalizer } from '../desired/names.js';
import { partOf, partOfLabel } from '../desired/labels.js';
import { resourceOf } from '../world/resources.js';

/** The name that policies are bound to when they name none. */
const defaultName = 'default';

/** The ConfigMap that remembers that the PolicyServer was created. */
const memoryName = 'kubewarden-controller-defaults';

/** Creates the PolicyServer unless it was ever there. */
export async function createDefaultPolicyServer(client: Pick<ClusterClient, 'create' | 'get'>, namespace: string, { image, serviceAccountName }: DefaultPolicyServer): Promise<void> {
  const memory = { resource: resourceOf('ConfigMap'), namespace, name: memoryName };
  if (await isThere(() => client.get(memory))) return;
  await unlessThere(() =>
    client.create(
      { resource: resourceOf('PolicyServer') },
      { apiVersion: policiesApiVersion, kind: 'PolicyServer', metadata: { name: defaultName, finalizers: [finalizer] }, spec: { image, replicas: 1, serviceAccountName } },
      { fieldManager },
    ),
  );
  // Remembered afterwards: a failure in between is found here next time, as one that exists.
  await unlessThere(() =>
    client.create(
      { resource: resourceOf('ConfigMap'), namespace },
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: memoryName, namespace, labels: { [partOfLabel]: partOf } }, data: { 'policy-server': defaultName } },
      { fieldManager },
    ),
  );
}

async function isThere(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (thrown) {
    if (isFault(thrown, 'KUBERNETES_NOT_FOUND')) return false;
    throw thrown;
  }
}

async function unlessThere(create: () => Promise<unknown>): Promise<void> {
  try {
    await create();
  } catch (thrown) {
    if (!isFault(thrown, 'KUBERNETES_ALREADY_EXISTS')) throw thrown;
  }
}
