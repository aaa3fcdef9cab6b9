// How many Pods a policy-server has, and who says so.
import { z } from 'zod';

import type { PolicyServer } from '../crds/custom-object.js';
import { fieldManager } from './field-manager.js';
import type { SeenObject } from '../world/kubernetes-object.js';

/** Annotation of a PolicyServer whose Pods are counted by somebody else, for autoscalers that Kubernetes does not know. */
export const externallyScaledAnnotation = 'kubewarden.io/externally-scaled';

const scaleSchema = z.object({ replicas: z.int().optional() }).catch({});
const managerSchema = z.array(z.object({ manager: z.string(), operation: z.string(), subresource: z.string().optional(), fieldsV1: z.record(z.string(), z.unknown()).optional() })).catch([]);
const specFields = z.record(z.string(), z.unknown()).catch({});

/**
 * The number of Pods to ask for; undefined to leave it to whoever decides it.
 *
 * Leaving out a field that only we set would reset it to one. So what an autoscaler has not touched yet is kept as it is.
 */
export function replicasOf(server: PolicyServer, deployment: SeenObject | undefined, autoscaled: boolean): number | undefined {
  if (!autoscaled && server.metadata.annotations[externallyScaledAnnotation] !== 'true') return server.spec.replicas;
  if (deployment === undefined) return server.spec.replicas;
  return isOurs(deployment) ? scaleSchema.parse(deployment['spec']).replicas : undefined;
}

function isOurs({ metadata }: SeenObject): boolean {
  return managerSchema
    .parse(metadata['managedFields'])
    .some(({ manager, operation, subresource, fieldsV1 }) => manager === fieldManager && operation === 'Apply' && subresource === undefined && 'f:replicas' in specFields.parse(fieldsV1?.['f:spec']));
}
