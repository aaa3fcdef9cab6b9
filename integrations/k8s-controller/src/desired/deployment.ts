// The Deployment of a policy-server (contract 3.6). It is applied by server-side apply, so what others add (an autoscaler's replicas, the
// annotation of `kubectl rollout restart`) stays theirs.
import type { PolicyServer } from '../crds/custom-object.js';
import type { JsonObject } from '../crds/schema-parts.js';
import type { Manifest } from '../world/kubernetes-object.js';
import type { ConfigHash } from './config-hash.js';
import { desiredContainer, graceSeconds } from './container.js';
import { configVersionLabel, deploymentSelector } from './labels.js';
import type { ServerDefaults } from './server-defaults.js';
import { serverMetadata } from './server-objects.js';
import { sidecarAnnotations } from './telemetry.js';
import { serverVolumes } from './volumes.js';

/** The Deployment of a server that runs one version of its configuration. */
export interface DeploymentInput {
  readonly server: PolicyServer;
  readonly hash: ConfigHash;
  readonly defaults: ServerDefaults;
  /** Number of Pods; undefined where somebody else decides it. */
  readonly replicas: number | undefined;
}

/** The Deployment. */
export function desiredDeployment({ server, hash, defaults, replicas }: DeploymentInput): Manifest {
  const { name } = server.metadata;
  const metadata = serverMetadata(server, defaults.namespace);
  const { annotations = {}, labels = {} } = server.spec;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...metadata, labels: { ...labels, ...metadata.labels }, annotations: { ...annotations, [configVersionLabel]: hash } },
    spec: {
      ...(replicas === undefined ? {} : { replicas }),
      selector: { matchLabels: deploymentSelector(name) },
      strategy: { type: 'RollingUpdate' },
      template: {
        metadata: {
          labels: { ...labels, ...deploymentSelector(name), [configVersionLabel]: hash, ...metadata.labels },
          annotations: { ...annotations, ...sidecarAnnotations(defaults) },
        },
        spec: podSpec(server, hash, defaults),
      },
    },
  };
}

function podSpec(server: PolicyServer, hash: ConfigHash, defaults: ServerDefaults): JsonObject {
  const { serviceAccountName = '', tolerations = [], priorityClassName = '', affinity, securityContexts } = server.spec;
  const volumes = serverVolumes(server, hash, defaults);
  return {
    containers: [desiredContainer(server, volumes, defaults)],
    volumes: volumes.map(({ volume }) => volume),
    terminationGracePeriodSeconds: graceSeconds,
    securityContext: securityContexts?.pod ?? { seccompProfile: { type: 'RuntimeDefault' } },
    imagePullSecrets: defaults.imagePullSecrets.map((name) => ({ name })),
    // Also the field's old name, and also when there is none: the API server would take the one that is left for the other.
    serviceAccountName,
    serviceAccount: serviceAccountName,
    ...(priorityClassName === '' ? {} : { priorityClassName }),
    tolerations,
    ...(affinity === undefined ? {} : { affinity }),
    hostNetwork: defaults.hostNetwork,
    dnsPolicy: defaults.hostNetwork ? 'ClusterFirstWithHostNet' : 'ClusterFirst',
  };
}
