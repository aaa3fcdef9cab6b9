// What things are called (contract 1.7, 3.2): the names that users and other programs look things up by.
import type { Policy } from '../crds/custom-object.js';

/** Identity of a policy across kinds and namespaces: key in policies.yml, name of the webhook configuration, end of the URL path. */
export type PolicyId = string & { readonly policyId: unique symbol };

/** What a policy id is made of. */
export type PolicyIdentity = { readonly kind: 'ClusterAdmissionPolicy'; readonly name: string } | { readonly kind: 'AdmissionPolicy'; readonly namespace: string; readonly name: string };

/** The id of a policy. Two policies can have the same (`a-b`/`c` and `a`/`b-c`); admission refuses the second. */
export function policyId(policy: PolicyIdentity): PolicyId {
  const id = policy.kind === 'ClusterAdmissionPolicy' ? `clusterwide-${policy.name}` : `namespaced-${policy.namespace}-${policy.name}`;
  return id as PolicyId;
}

/** What identifies a policy. */
export function identityOf(policy: Policy): PolicyIdentity {
  const { name } = policy.metadata;
  return policy.kind === 'ClusterAdmissionPolicy' ? { kind: policy.kind, name } : { kind: policy.kind, namespace: policy.metadata.namespace, name };
}

/** The id of a policy object. */
export function policyIdOf(policy: Policy): PolicyId {
  return policyId(identityOf(policy));
}

/** A policy as people know it: `ClusterAdmissionPolicy a` or `AdmissionPolicy ns/a`. */
export function formatIdentity(policy: PolicyIdentity): string {
  return policy.kind === 'ClusterAdmissionPolicy' ? `${policy.kind} ${policy.name}` : `${policy.kind} ${policy.namespace}/${policy.name}`;
}

/** The name of a policy-server's Deployment, Service, Secret, PodDisruptionBudget, readable ConfigMap and container. */
export function serverObjectName(server: string): string {
  return `policy-server-${server}`;
}

/** The PolicyServer whose objects have the name; undefined when it is the name of something else. */
export function serverNameOf(objectName: string): string | undefined {
  const prefix = serverObjectName('');
  return objectName.startsWith(prefix) && objectName !== prefix ? objectName.slice(prefix.length) : undefined;
}

/** Value of the label `app` of a policy-server's Pods. */
export function serverAppLabel(server: string): string {
  return `kubewarden-policy-server-${server}`;
}

/** The DNS name under which the API server calls a policy-server. */
export function serverDnsName(server: string, namespace: string): string {
  return `${serverObjectName(server)}.${namespace}.svc`;
}

/** The name of a webhook inside its configuration. */
export function webhookName(id: PolicyId): string {
  return `${id}.kubewarden.admission`;
}

/** Finalizers: ours, and the one of releases before 1.14, which is removed too. */
export const finalizer = 'kubewarden.io/finalizer';
export const legacyFinalizer = 'kubewarden';

/** Secrets of certificates, see contract 5.1. */
export const secretNames = {
  authority: 'kubewarden-ca',
  controller: 'kubewarden-webhook-server-cert',
  auditScanner: 'kubewarden-audit-scanner-client-cert',
} as const;

/** The configurations of the controller's own webhooks. */
export const ownWebhookNames = {
  mutating: 'kubewarden-controller-mutating-webhook-configuration',
  validating: 'kubewarden-controller-validating-webhook-configuration',
} as const;
