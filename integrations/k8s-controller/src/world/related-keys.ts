// From an object that changed to what has to be looked at again. Level, not edge: nothing of the event goes further than this.
import { z } from 'zod';

import { configVersionLabel, policyServerLabel, policyNameAnnotation, policyNamespaceAnnotation } from '../desired/labels.js';
import { ownWebhookNames, policyId, secretNames, serverNameOf, type PolicyIdentity } from '../desired/names.js';
import { identity, identityOfObject, serverOfPolicy, type Subject } from './keys.js';
import type { SeenObject } from './kubernetes-object.js';
import { pointsTo } from './seen-webhook.js';

/** What is known of which objects belong together. */
export interface Relations {
  /** Policies that name a PolicyServer. */
  policiesOn(server: string): readonly PolicyIdentity[];
  /** Policies whose id is the text. */
  policiesWithId(id: string): readonly PolicyIdentity[];
  allPolicies(): readonly PolicyIdentity[];
  allServers(): readonly string[];
  /** Webhook configurations, whoever they belong to. */
  allWebhooks(): readonly SeenObject[];
}

const scaled = z.object({ scaleTargetRef: z.object({ name: z.string() }) });

/** Who has to be looked at again because an object is as it is, or was as it was. */
export function relatedSubjects(object: SeenObject, relations: Relations): readonly Subject[] {
  switch (object.kind) {
    case 'PolicyServer':
      return serverAndPolicies(object.metadata.name, relations);
    case 'ClusterAdmissionPolicy':
    case 'AdmissionPolicy':
      return policySubjects(object, relations);
    case 'ValidatingWebhookConfiguration':
    case 'MutatingWebhookConfiguration':
      return webhookSubjects(object, relations);
    case 'Secret':
      return secretSubjects(object, relations);
    case 'HorizontalPodAutoscaler':
      return autoscalerSubjects(object);
    default:
      return labelledSubjects(object, relations);
  }
}

/** Everybody, and whoever left a webhook configuration behind: its policy may have gone while nobody looked. */
export function allSubjects(relations: Relations): readonly Subject[] {
  const present: readonly Subject[] = [{ kind: 'certificates' }, { kind: 'own-webhooks' }, ...relations.allServers().map((name): Subject => ({ kind: 'policy-server', name })), ...relations.allPolicies().map(policySubject)];
  return [...present, ...relations.allWebhooks().flatMap((object) => webhookSubjects(object, relations))];
}

function policySubject(policy: PolicyIdentity): Subject {
  return { kind: 'policy', policy };
}

function serverAndPolicies(name: string, relations: Relations): readonly Subject[] {
  return [{ kind: 'policy-server', name }, ...relations.policiesOn(name).map(policySubject)];
}

/** The policy, its server, and others that claim the same id. */
function policySubjects(object: SeenObject, relations: Relations): readonly Subject[] {
  const policy = identityOfObject(object);
  return [policySubject(policy), { kind: 'policy-server', name: serverOfPolicy(object) }, ...relations.policiesWithId(policyId(policy)).map(policySubject)];
}

/** The policy that the configuration is for, by its annotations or its name, and the server it points to. */
function webhookSubjects(object: SeenObject, relations: Relations): readonly Subject[] {
  const { name, annotations = {} } = object.metadata;
  if (name === ownWebhookNames.mutating || name === ownWebhookNames.validating) return [{ kind: 'own-webhooks' }, { kind: 'certificates' }];
  const server = pointsTo(object);
  const annotated = annotations[policyNameAnnotation] ?? '';
  const namespace = annotations[policyNamespaceAnnotation] ?? '';
  const named = annotated === '' ? [] : [identity(namespace === '' ? 'ClusterAdmissionPolicy' : 'AdmissionPolicy', namespace, annotated)];
  const policies = [...named.filter((policy) => policyId(policy) === name), ...relations.policiesWithId(name)];
  return [...policies.map(policySubject), ...(server === undefined ? [] : [{ kind: 'policy-server', name: server } as const]), ...(policies.length === 0 ? [] : [{ kind: 'certificates' } as const])];
}

/** The authority's Secret concerns everything that it signs and everybody who trusts it. */
function secretSubjects(object: SeenObject, relations: Relations): readonly Subject[] {
  const { name } = object.metadata;
  if (name === secretNames.authority) return allSubjects(relations);
  if (name === secretNames.controller || name === secretNames.auditScanner) return [{ kind: 'certificates' }, { kind: 'own-webhooks' }];
  const server = object.metadata.labels?.[policyServerLabel] ?? serverNameOf(name);
  return server === undefined ? [] : [{ kind: 'policy-server', name: server }, { kind: 'certificates' }];
}

function autoscalerSubjects({ spec }: SeenObject): readonly Subject[] {
  const target = scaled.safeParse(spec);
  const name = target.success ? serverNameOf(target.data.scaleTargetRef.name) : undefined;
  return name === undefined ? [] : [{ kind: 'policy-server', name }];
}

/** Pods, endpoints, Deployments and versions of the configuration decide who serves what; the rest is the server's own business. */
function labelledSubjects(object: SeenObject, relations: Relations): readonly Subject[] {
  const server = object.metadata.labels?.[policyServerLabel];
  if (server === undefined) return [];
  const isVersion = object.kind === 'ConfigMap' && object.metadata.labels?.[configVersionLabel] !== undefined;
  return isVersion || ['Pod', 'EndpointSlice', 'Deployment'].includes(object.kind) ? serverAndPolicies(server, relations) : [{ kind: 'policy-server', name: server }];
}
