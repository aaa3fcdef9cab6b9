// What the controller reads and writes in the cluster, as the API names it. The rules in deploy/ are compared with this list.
import type { ApiResource } from 'wasmwarden/kubernetes';

import { customResources, policiesApiVersion, type CustomKind } from '../crds/group.js';

/** A resource of a group and version such as `apps/v1`; `v1` alone is the core group. */
function resource(apiVersion: string, plural: string, kind: string): ApiResource {
  const [version = '', group = ''] = apiVersion.split('/').reverse();
  return { group, version, plural, kind, namespaced: true };
}

function clusterResource(apiVersion: string, plural: string, kind: string): ApiResource {
  return { ...resource(apiVersion, plural, kind), namespaced: false };
}

function custom(kind: CustomKind): ApiResource {
  const { plural, scope } = customResources[kind];
  return (scope === 'Namespaced' ? resource : clusterResource)(policiesApiVersion, plural, kind);
}

/** Every resource by its kind. */
export const resources = {
  PolicyServer: custom('PolicyServer'),
  ClusterAdmissionPolicy: custom('ClusterAdmissionPolicy'),
  AdmissionPolicy: custom('AdmissionPolicy'),
  ConfigMap: resource('v1', 'configmaps', 'ConfigMap'),
  Deployment: resource('apps/v1', 'deployments', 'Deployment'),
  EndpointSlice: resource('discovery.k8s.io/v1', 'endpointslices', 'EndpointSlice'),
  Event: resource('v1', 'events', 'Event'),
  HorizontalPodAutoscaler: resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
  MutatingWebhookConfiguration: clusterResource('admissionregistration.k8s.io/v1', 'mutatingwebhookconfigurations', 'MutatingWebhookConfiguration'),
  Namespace: clusterResource('v1', 'namespaces', 'Namespace'),
  Pod: resource('v1', 'pods', 'Pod'),
  PodDisruptionBudget: resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
  ReplicaSet: resource('apps/v1', 'replicasets', 'ReplicaSet'),
  Secret: resource('v1', 'secrets', 'Secret'),
  Service: resource('v1', 'services', 'Service'),
  ValidatingWebhookConfiguration: clusterResource('admissionregistration.k8s.io/v1', 'validatingwebhookconfigurations', 'ValidatingWebhookConfiguration'),
} as const satisfies Readonly<Record<string, ApiResource>>;

/** A kind that the controller knows. */
export type KnownKind = keyof typeof resources;

/** The resource of a kind. */
export function resourceOf(kind: string): ApiResource {
  if (!Object.hasOwn(resources, kind)) throw new Error(`The controller has nothing to do with objects of kind ${kind}`);
  return resources[kind as KnownKind];
}
