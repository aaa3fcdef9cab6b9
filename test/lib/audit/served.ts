// What an API server serves, and policies, for tests of the audit.
import { type AuditPolicy, type PolicyKind, readPolicy } from '../../../lib/audit/policy.js';
import type { DiscoveredResource } from '../../../lib/kubernetes/discovery.js';

/** A resource as discovery describes it. */
export function resource(apiVersion: string, plural: string, kind: string, more: Partial<DiscoveredResource> = {}): DiscoveredResource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, plural, kind, namespaced: true, singular: '', shortNames: [], categories: [], verbs: ['create', 'get', 'list', 'watch'], subresources: [], ...more };
}

export const pods = resource('v1', 'pods', 'Pod', { subresources: ['status', 'exec'] });
export const namespaces = resource('v1', 'namespaces', 'Namespace', { namespaced: false });

/** Of each group the preferred version first. */
export const served: readonly DiscoveredResource[] = [
  pods,
  namespaces,
  resource('v1', 'events', 'Event'),
  resource('v1', 'bindings', 'Binding', { verbs: ['create'] }),
  resource('v1', 'componentstatuses', 'ComponentStatus', { namespaced: false, verbs: ['get', 'list'] }),
  resource('apps/v1', 'deployments', 'Deployment'),
  resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  resource('autoscaling/v1', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  resource('events.k8s.io/v1', 'events', 'Event'),
  resource('coordination.k8s.io/v1', 'leases', 'Lease'),
  resource('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', 'ValidatingWebhookConfiguration', { namespaced: false }),
  resource('openreports.io/v1alpha1', 'reports', 'Report'),
];

export const podRules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] }];

/** A policy as the audit reads it. */
export function policy(name: string, spec: object = {}, { kind = 'ClusterAdmissionPolicy', namespace, annotations = {}, status = { policyStatus: 'active' } }: { readonly kind?: PolicyKind; readonly namespace?: string; readonly annotations?: Readonly<Record<string, string>>; readonly status?: object } = {}): AuditPolicy {
  const metadata = { name, uid: `uid-${name}`, resourceVersion: '7', generation: 1, annotations, ...(namespace === undefined ? {} : { namespace }) };
  const read = readPolicy(kind, { apiVersion: 'policies.kubewarden.io/v1', kind, metadata, spec: { policyServer: 'default', rules: podRules, ...spec }, status: { ...status } });
  if (read.kind === 'unreadable') throw new Error(read.because);
  return read.policy;
}
