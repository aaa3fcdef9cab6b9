// The ports of a policy-server: what its PolicyServer says, or the defaults (contract 1.3).
import type { PolicyServerSpec } from '../crds/policy-server.js';

/** Ports inside the Pod. */
export interface ServerPorts {
  readonly webhook: number;
  readonly readiness: number;
}

const defaults: ServerPorts = { webhook: 8443, readiness: 8081 };

/** The port of the Service, behind which the API server finds the webhook. */
export const servicePort = 443;

/** The ports that the Pod listens on. */
export function effectivePorts({ webhookPort, readinessProbePort }: Pick<PolicyServerSpec, 'webhookPort' | 'readinessProbePort'>): ServerPorts {
  return { webhook: webhookPort ?? defaults.webhook, readiness: readinessProbePort ?? defaults.readiness };
}
