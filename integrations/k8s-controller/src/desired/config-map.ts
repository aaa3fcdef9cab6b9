// The ConfigMaps of a policy-server: an immutable one per version, which Pods mount, and a copy under the name that people and
// programs know (contract 3.4). An old Pod that restarts during a failed rollout reads the version it was made for.
import type { PolicyServer } from '../crds/custom-object.js';
import type { Manifest } from '../world/kubernetes-object.js';
import type { ConfigHash } from './config-hash.js';
import type { ServerConfiguration } from './configuration.js';
import { configVersionLabel } from './labels.js';
import { serverObjectName } from './names.js';
import { serverMetadata } from './server-objects.js';

/** The name of the ConfigMap of one version. */
export function versionedConfigMapName(server: string, hash: ConfigHash): string {
  return `${serverObjectName(server)}-${hash}`;
}

/** The ConfigMap that Pods of this version mount. */
export function versionedConfigMap(server: PolicyServer, { hash, data }: ServerConfiguration, namespace: string): Manifest {
  const metadata = serverMetadata(server, namespace, versionedConfigMapName(server.metadata.name, hash));
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, labels: { ...metadata.labels, [configVersionLabel]: hash } }, immutable: true, data };
}

/** The copy under the fixed name. Nobody mounts it. */
export function readableConfigMap(server: PolicyServer, { hash, data }: ServerConfiguration, namespace: string): Manifest {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...serverMetadata(server, namespace), annotations: { [configVersionLabel]: hash } }, data };
}
