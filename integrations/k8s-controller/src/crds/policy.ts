// ClusterAdmissionPolicy and AdmissionPolicy: the schema of their fields, from which the definitions are generated and which the
// controller reads objects with (contract 1.4, 1.6).
import { z } from 'zod';

import { conditionList } from './conditions.js';
import type { PolicyKind } from './group.js';
import { atomicList, labelSelector, settings } from './schema-parts.js';

/** The bounds that Kubernetes sets to a webhook's time, in seconds; below two nothing could be evaluated. */
const timeout = z.int32().min(2).max(30);

const rule = z.object({
  operations: atomicList(z.string()).optional().meta({ description: 'CREATE, UPDATE, DELETE, CONNECT or *.' }),
  apiGroups: atomicList(z.string()).optional().meta({ description: 'API groups; the empty string is the core group.' }),
  apiVersions: atomicList(z.string()).optional().meta({ description: 'Versions of the API groups.' }),
  resources: atomicList(z.string()).optional().meta({ description: 'Resources by plural, also resource/subresource and */*.' }),
  scope: z.string().optional().meta({ description: 'Cluster, Namespaced or *.' }),
});

/** Said by us and not by the definition, as in the reference; a policy-server would read none of its policies where one names no module. */
const module = z.string().refine((text) => text !== '', 'must be non-empty');

/** Fields that both kinds have had since v1alpha2. */
const first = {
  policyServer: z.string().default('default').meta({ description: 'The PolicyServer that the policy runs on. Cannot be changed.' }),
  mode: z.enum(['protect', 'monitor']).default('protect').meta({ description: 'Whether requests are rejected (protect) or violations only reported (monitor).' }),
  module: module.meta({ description: 'Where the WebAssembly module is: registry://, https://, http:// or file://; a registry without a scheme.' }),
  settings: settings.optional().meta({ description: 'Settings of the policy; their shape is the policy\'s own.' }),
  rules: z.array(rule).meta({ description: 'Which requests the policy judges.' }),
  failurePolicy: z.string().optional().meta({ description: 'What happens to a request when the policy-server cannot be reached: Fail (the default) or Ignore.' }),
  mutating: z.boolean().meta({ description: 'Whether the policy may change the objects it judges.' }),
  matchPolicy: z.string().optional().meta({ description: 'Equivalent (the default) or Exact.' }),
  objectSelector: labelSelector.optional().meta({ description: 'Labels that an object must have to be judged.' }),
  sideEffects: z.string().optional().meta({ description: 'None (the default), NoneOnDryRun, Some or Unknown.' }),
};

/** Fields of both kinds that v1alpha2 does not have. */
const later = {
  backgroundAudit: z.boolean().default(true).meta({ description: 'Whether the audit scanner applies the policy too.' }),
  matchConditions: z
    .array(z.object({ name: z.string().meta({ description: 'Name of the condition.' }), expression: z.string().meta({ description: 'CEL expression that yields a boolean.' }) }))
    .optional()
    .meta({ 'description': 'CEL expressions that must all hold for a request to be judged; at most 64.', 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['name'] }),
  timeoutSeconds: timeout.default(10).meta({ description: 'Seconds that the API server waits for an answer.' }),
  timeoutEvalSeconds: timeout.optional().meta({ description: 'Seconds that the policy may execute; at most timeoutSeconds.' }),
  message: z.string().optional().meta({ description: "Told on rejection in place of the policy's own message." }),
};

/** A field that only cluster-wide policies had from the start. */
const namespaceSelector = labelSelector.optional().meta({ description: 'Labels that the namespace of an object must have.' });

const clusterLater = {
  contextAwareResources: z
    .array(z.object({ apiVersion: z.string().meta({ description: 'Group and version.' }), kind: z.string().meta({ description: 'Kind.' }) }))
    .optional()
    .meta({ description: 'Kubernetes resources that the policy may read.' }),
  allowInsideAdmissionControllerNamespace: z.boolean().optional().meta({ description: "Whether the policy also judges requests in the controller's own namespace." }),
};

const oldTimeout = { timeoutSeconds: z.int32().default(10).meta({ description: 'Seconds that the API server waits for an answer.' }) };

const status = z.object({
  policyStatus: z
    .enum(['unscheduled', 'scheduled', 'unschedulable', 'pending', 'active'])
    .meta({ description: 'unschedulable: its PolicyServer does not exist; scheduled: its PolicyServer is being deleted; pending: not yet served; active: enforced.' }),
  mode: z.enum(['protect', 'monitor', 'unknown']).optional().meta({ description: 'The mode that the Pods of the policy-server run the policy in.' }),
  conditions: conditionList.optional(),
});

const described = <Spec extends z.ZodType>(spec: Spec): { readonly spec: Spec; readonly status: typeof status } => ({
  spec: spec.meta({ description: 'What the policy judges, and how.' }),
  status: status.meta({ description: 'What became of it.' }),
});

const clusterSpec = z.object({ ...first, ...later, namespaceSelector, ...clusterLater });
const namespacedSpec = z.object({ ...first, ...later });

/** `spec` and `status` by kind. */
export const policyFields = {
  ClusterAdmissionPolicy: described(clusterSpec),
  AdmissionPolicy: described(namespacedSpec),
} satisfies Record<PolicyKind, unknown>;

/** The fields of version v1alpha2, deprecated and still served. */
export const policyFieldsV1Alpha2 = {
  ClusterAdmissionPolicy: described(z.object({ ...first, ...oldTimeout, namespaceSelector })),
  AdmissionPolicy: described(z.object({ ...first, ...oldTimeout })),
} satisfies Record<PolicyKind, unknown>;

/** Which requests are meant. */
export type PolicyRule = z.infer<typeof rule>;

/** A policy's status. */
export type PolicyStatus = z.infer<typeof status>;

/** What a cluster-wide policy is. */
export type ClusterAdmissionPolicySpec = z.infer<typeof clusterSpec>;

/** What a policy of one namespace is. */
export type AdmissionPolicySpec = z.infer<typeof namespacedSpec>;
