// The Service through which the API server calls a policy-server (contract 3.7).
import type { PolicyServer } from '../crds/custom-object.js';
import type { Manifest } from '../world/kubernetes-object.js';
import { serviceSelector } from './labels.js';
import { effectivePorts, servicePort } from './ports.js';
import type { ServerDefaults } from './server-defaults.js';
import { serverMetadata } from './server-objects.js';

/** The Service. The webhook's port comes first: the audit scanner takes the first one. */
export function desiredService(server: PolicyServer, { namespace, telemetry, metricsPort }: ServerDefaults): Manifest {
  const webhook = { name: 'policy-server', port: servicePort, targetPort: effectivePorts(server.spec).webhook, protocol: 'TCP' };
  // The Pod's own port is the controller's to say: a PolicyServer chooses only what it is called by.
  const metrics = { name: 'metrics', port: server.spec.metricsPort ?? metricsPort, targetPort: metricsPort, protocol: 'TCP' };
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: serverMetadata(server, namespace),
    spec: { type: 'ClusterIP', ports: telemetry.metrics ? [webhook, metrics] : [webhook], selector: serviceSelector(server.metadata.name) },
  };
}
