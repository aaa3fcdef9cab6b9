// What every object of a policy-server has: its namespace, its labels and its owner.
import { policiesApiVersion } from '../crds/group.js';
import type { PolicyServer } from '../crds/custom-object.js';
import type { OwnerReference, WantedMetadata } from '../world/kubernetes-object.js';
import { serverLabels } from './labels.js';
import { serverObjectName } from './names.js';

/** The reference to a PolicyServer as owner: with it gone, Kubernetes deletes what it owns. */
export function ownerReferenceTo({ metadata: { name, uid } }: PolicyServer): OwnerReference {
  return { apiVersion: policiesApiVersion, kind: 'PolicyServer', name, uid };
}

/** Metadata of an object of a policy-server; `name` when it is not the usual one. */
export function serverMetadata(server: PolicyServer, namespace: string, name: string = serverObjectName(server.metadata.name)): WantedMetadata {
  return { name, namespace, labels: serverLabels(server.metadata.name), ownerReferences: [ownerReferenceTo(server)] };
}
