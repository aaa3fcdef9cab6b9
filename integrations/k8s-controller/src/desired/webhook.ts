// The webhook configuration of a policy (contract 4.4): the only place that builds one, authorities included. Every field that the API
// server would fill in is written out, so that a stranger's change to any of them can be seen and undone.
import type { Policy } from '../crds/custom-object.js';
import type { PolicyRule } from '../crds/policy.js';
import type { LabelSelector } from '../crds/schema-parts.js';
import type { Manifest, ObjectReference } from '../world/kubernetes-object.js';
import { partOf, partOfLabel, policyNameAnnotation, policyNamespaceAnnotation } from './labels.js';
import { policyIdOf, serverObjectName, webhookName, type PolicyId } from './names.js';
import { servicePort } from './ports.js';

/** The two kinds of configurations. */
export const webhookKinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

/** A kind of configuration. */
export type WebhookKind = (typeof webhookKinds)[number];

/** The API version of both. */
export const webhookApiVersion = 'admissionregistration.k8s.io/v1';

/** What a configuration needs besides its policy. */
export interface WebhookInput {
  /** Namespace of the policy-servers. */
  readonly namespace: string;
  /** Authorities of the policy-server's certificate, as PEM. */
  readonly authorities: string;
}

/** The kind of a policy's configuration. */
export function webhookKindOf({ spec: { mutating } }: Policy): WebhookKind {
  return mutating ? 'MutatingWebhookConfiguration' : 'ValidatingWebhookConfiguration';
}

/** The other kind: a policy whose `mutating` was changed may still have a configuration of it. */
export function counterpartOf(kind: WebhookKind): WebhookKind {
  return kind === 'MutatingWebhookConfiguration' ? 'ValidatingWebhookConfiguration' : 'MutatingWebhookConfiguration';
}

/** Where a policy's configuration of a kind is. */
export function webhookReference(id: PolicyId, kind: WebhookKind): ObjectReference {
  return { apiVersion: webhookApiVersion, kind, name: id };
}

/** The configuration of a policy. */
export function webhookConfiguration(policy: Policy, { namespace, authorities }: WebhookInput): Manifest {
  const id = policyIdOf(policy);
  const { spec } = policy;
  const kind = webhookKindOf(policy);
  const conditions = spec.matchConditions ?? [];
  return {
    apiVersion: webhookApiVersion,
    kind,
    metadata: {
      name: id,
      labels: { [partOfLabel]: partOf },
      annotations: { [policyNameAnnotation]: policy.metadata.name, [policyNamespaceAnnotation]: policy.metadata.namespace ?? '' },
    },
    webhooks: [
      {
        name: webhookName(id),
        clientConfig: { service: { namespace, name: serverObjectName(spec.policyServer), path: `/validate/${id}`, port: servicePort }, caBundle: toBase64(authorities) },
        rules: spec.rules.map((rule) => webhookRule(policy, rule)),
        failurePolicy: spec.failurePolicy ?? 'Fail',
        matchPolicy: spec.matchPolicy ?? 'Equivalent',
        namespaceSelector: namespaceSelector(policy, namespace),
        objectSelector: spec.objectSelector ?? {},
        sideEffects: spec.sideEffects ?? 'None',
        timeoutSeconds: spec.timeoutSeconds,
        admissionReviewVersions: ['v1'],
        ...(conditions.length === 0 ? {} : { matchConditions: conditions }),
        ...(kind === 'MutatingWebhookConfiguration' ? { reinvocationPolicy: 'Never' } : {}),
      },
    ],
  };
}

function webhookRule(policy: Policy, { operations = [], apiGroups = [], apiVersions = [], resources = [], scope = '*' }: PolicyRule): Readonly<Record<string, unknown>> {
  return { operations, apiGroups, apiVersions, resources, scope: policy.kind === 'AdmissionPolicy' ? 'Namespaced' : scope };
}

/**
 * Which namespaces are meant: a namespaced policy's own; for cluster-wide ones the given selector, whole, with our own namespace taken
 * out (the reference drops `matchLabels` here and so judges more than it was asked to, C1).
 */
function namespaceSelector(policy: Policy, namespace: string): LabelSelector {
  const name = 'kubernetes.io/metadata.name';
  if (policy.kind === 'AdmissionPolicy') return { matchLabels: { [name]: policy.metadata.namespace } };
  const given = policy.spec.namespaceSelector ?? {};
  if (policy.spec.allowInsideAdmissionControllerNamespace === true) return given;
  return { ...given, matchExpressions: [{ key: name, operator: 'NotIn', values: [namespace] }, ...(given.matchExpressions ?? [])] };
}

function toBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
