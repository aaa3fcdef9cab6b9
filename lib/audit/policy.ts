// Policies as the audit sees them: the four kinds of custom resources, read leniently, for the API server has checked them
// already. What a policy means for a cluster is plan.ts.
import { z } from 'zod';

import type { ApiObject } from '../kubernetes/api-object.js';
import type { ApiResource } from '../kubernetes/resource.js';
import { formatFieldProblems, fieldProblems } from '../policy/field-problems.js';

/** The kinds of policies. */
export type PolicyKind = 'ClusterAdmissionPolicy' | 'AdmissionPolicy' | 'ClusterAdmissionPolicyGroup' | 'AdmissionPolicyGroup';

const group = 'policies.kubewarden.io';
const version = 'v1';

/** Where the policies of each kind are; not every cluster has all of them. */
export const policyResources: Readonly<Record<PolicyKind, ApiResource>> = {
  ClusterAdmissionPolicy: { group, version, plural: 'clusteradmissionpolicies', kind: 'ClusterAdmissionPolicy', namespaced: false },
  AdmissionPolicy: { group, version, plural: 'admissionpolicies', kind: 'AdmissionPolicy', namespaced: true },
  ClusterAdmissionPolicyGroup: { group, version, plural: 'clusteradmissionpolicygroups', kind: 'ClusterAdmissionPolicyGroup', namespaced: false },
  AdmissionPolicyGroup: { group, version, plural: 'admissionpolicygroups', kind: 'AdmissionPolicyGroup', namespaced: true },
};

/** Where PolicyServers are. */
export const policyServerResource: ApiResource = { group, version, plural: 'policyservers', kind: 'PolicyServer', namespaced: false };

const names = z.array(z.string()).nullish();
const labelSelector = z.object({
  matchLabels: z.record(z.string(), z.string()).nullish().transform((value) => value ?? undefined),
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: names.transform((value) => value ?? undefined) }))
    .nullish()
    .transform((value) => value ?? undefined),
});
const contextAware = z.array(z.unknown()).nullish();

const spec = z.object({
  policyServer: z.string().nullish(),
  mode: z.string().nullish(),
  mutating: z.boolean().nullish(),
  backgroundAudit: z.boolean().nullish(),
  timeoutSeconds: z.number().nullish(),
  rules: z.array(z.object({ operations: names, apiGroups: names, apiVersions: names, resources: names, scope: z.string().nullish() })).nullish(),
  matchConditions: z.array(z.unknown()).nullish(),
  objectSelector: labelSelector.nullish(),
  namespaceSelector: labelSelector.nullish(),
  contextAwareResources: contextAware,
  policies: z.record(z.string(), z.object({ contextAwareResources: contextAware })).nullish(),
});

const condition = z.object({ type: z.string(), status: z.string(), observedGeneration: z.number().nullish() });
const policyObject = z.object({ spec, status: z.object({ policyStatus: z.string().nullish(), conditions: z.array(condition).nullish() }).nullish() });

/** Which requests a policy judges. */
export interface PolicyRule {
  readonly operations: readonly string[];
  readonly apiGroups: readonly string[];
  readonly apiVersions: readonly string[];
  readonly resources: readonly string[];
  /** `Cluster`, `Namespaced` or `*`. */
  readonly scope: string;
}

/** A selector as a policy holds it. */
export type PolicySelector = z.infer<typeof labelSelector>;

/** What a policy says about itself and about which objects it is asked. */
export interface AuditPolicy {
  readonly kind: PolicyKind;
  /** Its id on its policy-server. */
  readonly id: string;
  readonly name: string;
  /** The namespace whose objects alone it judges; undefined for the cluster-wide kinds. */
  readonly namespace: string | undefined;
  readonly uid: string;
  readonly resourceVersion: string;
  /** Another text whenever the policy may answer otherwise: it was changed, or what is served of it. */
  readonly revision: string;
  readonly policyServer: string;
  readonly monitoring: boolean;
  readonly mutating: boolean;
  readonly contextAware: boolean;
  readonly backgroundAudit: boolean;
  /** Whether its policy-server serves it. */
  readonly active: boolean;
  readonly timeoutMs: number;
  readonly hasMatchConditions: boolean;
  readonly rules: readonly PolicyRule[];
  /** Undefined selects everything. */
  readonly objectSelector: PolicySelector | undefined;
  readonly namespaceSelector: PolicySelector | undefined;
  readonly severity: string | undefined;
  readonly category: string | undefined;
}

/** A policy, or why its object cannot be read as one. */
export type ReadPolicy = { readonly kind: 'policy'; readonly policy: AuditPolicy } | { readonly kind: 'unreadable'; readonly policyId: string; readonly namespace: string | undefined; readonly because: string };

const severityAnnotation = 'io.kubewarden.policy.severity';
const categoryAnnotation = 'io.kubewarden.policy.category';

/** Seconds that the API server waits for a webhook unless told otherwise. */
const defaultTimeoutSeconds = 10;

/** Reads a policy's object. */
export function readPolicy(kind: PolicyKind, object: ApiObject): ReadPolicy {
  const { name } = object.metadata;
  const namespace = policyResources[kind].namespaced ? (object.metadata.namespace ?? '') : undefined;
  const id = policyIdOf(kind, name, namespace);
  const parsed = policyObject.safeParse(object);
  if (!parsed.success) return { kind: 'unreadable', policyId: id, namespace, because: formatFieldProblems(fieldProblems(parsed.error)) };
  return { kind: 'policy', policy: { kind, id, name, namespace, ...identityOf(object), ...statusOf(object, parsed.data), ...judgementOf(parsed.data.spec, namespace), ...natureOf(parsed.data.spec) } };
}

type Spec = z.infer<typeof spec>;

function identityOf({ metadata: { uid = '', resourceVersion = '', annotations = {} } }: ApiObject): Pick<AuditPolicy, 'uid' | 'resourceVersion' | 'severity' | 'category'> {
  // An empty annotation says nothing.
  const said = (annotation: string): string | undefined => (annotations[annotation] === '' ? undefined : annotations[annotation]);
  return { uid, resourceVersion, severity: said(severityAnnotation), category: said(categoryAnnotation) };
}

function statusOf({ metadata }: ApiObject, { status }: z.infer<typeof policyObject>): Pick<AuditPolicy, 'active' | 'revision'> {
  const conditions = (status?.conditions ?? []).map((condition) => [condition.type, condition.status, condition.observedGeneration]);
  return { active: status?.policyStatus === 'active', revision: JSON.stringify([metadata.uid, metadata.generation, status?.policyStatus, conditions]) };
}

/** About which objects a policy is asked. */
function judgementOf({ rules, matchConditions, objectSelector, namespaceSelector, backgroundAudit }: Spec, namespace: string | undefined): Pick<AuditPolicy, 'rules' | 'hasMatchConditions' | 'objectSelector' | 'namespaceSelector' | 'backgroundAudit'> {
  return {
    rules: (rules ?? []).map((rule) => ruleOf(rule, namespace !== undefined)),
    hasMatchConditions: (matchConditions ?? []).length > 0,
    objectSelector: objectSelector ?? undefined,
    namespaceSelector: namespace === undefined ? (namespaceSelector ?? undefined) : undefined,
    backgroundAudit: backgroundAudit !== false,
  };
}

/** What a policy is, and where it is asked. */
function natureOf({ policyServer, mode, mutating, timeoutSeconds, contextAwareResources, policies }: Spec): Pick<AuditPolicy, 'policyServer' | 'monitoring' | 'mutating' | 'timeoutMs' | 'contextAware'> {
  const members = [{ contextAwareResources }, ...Object.values(policies ?? {})];
  return {
    policyServer: policyServer ?? '',
    monitoring: mode === 'monitor',
    mutating: mutating === true,
    timeoutMs: (timeoutSeconds ?? defaultTimeoutSeconds) * 1000,
    contextAware: members.some((member) => (member.contextAwareResources ?? []).length > 0),
  };
}

/** The id under which a policy-server knows a policy. */
export function policyIdOf(kind: PolicyKind, name: string, namespace: string | undefined): string {
  switch (kind) {
    case 'ClusterAdmissionPolicy':
      return `clusterwide-${name}`;
    case 'AdmissionPolicy':
      return `namespaced-${namespace ?? ''}-${name}`;
    case 'ClusterAdmissionPolicyGroup':
      return `clusterwide-group-${name}`;
    case 'AdmissionPolicyGroup':
      return `namespaced-group-${namespace ?? ''}-${name}`;
  }
}

function ruleOf(rule: NonNullable<z.infer<typeof spec>['rules']>[number], namespaced: boolean): PolicyRule {
  return {
    operations: rule.operations ?? [],
    apiGroups: rule.apiGroups ?? [],
    apiVersions: rule.apiVersions ?? [],
    resources: rule.resources ?? [],
    scope: namespaced ? 'Namespaced' : (rule.scope ?? '*'),
  };
}
