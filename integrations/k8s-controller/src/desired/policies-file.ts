// policies.yml, as the policy-server reads it (contract 3.4): one entry per policy, by id. It is JSON, which is YAML.
import type { Policy, PolicyServer } from '../crds/custom-object.js';
import { policyIdOf, type PolicyId } from './names.js';

/** The entry of one policy; its keys are the file's. */
export interface PolicyEntry {
  readonly namespacedName: { readonly Namespace: string; readonly Name: string };
  readonly module: string;
  readonly policyMode: 'protect' | 'monitor';
  readonly allowedToMutate: boolean;
  readonly contextAwareResources?: readonly { readonly apiVersion: string; readonly kind: string }[];
  readonly settings: Readonly<Record<string, unknown>> | null;
  readonly message?: string;
  readonly timeoutEvalSeconds?: number;
  readonly hostCapabilities: readonly string[];
}

/** The entries by policy id. */
export type PolicyEntries = ReadonlyMap<PolicyId, PolicyEntry>;

/** The entries of policies on a server; of several with the same id, the first. */
export function policyEntries(server: PolicyServer, policies: readonly Policy[]): PolicyEntries {
  const entries = new Map<PolicyId, PolicyEntry>();
  for (const policy of policies) {
    const id = policyIdOf(policy);
    if (!entries.has(id)) entries.set(id, policyEntry(server, policy));
  }
  return entries;
}

/** The entry of a policy on a server. */
export function policyEntry(server: PolicyServer, policy: Policy): PolicyEntry {
  const { name, namespace = '' } = policy.metadata;
  const { module, mode, mutating, settings = null, message = '', timeoutEvalSeconds } = policy.spec;
  const contextAwareResources = policy.kind === 'ClusterAdmissionPolicy' ? (policy.spec.contextAwareResources ?? []) : [];
  return {
    namespacedName: { Namespace: namespace, Name: name },
    module,
    policyMode: mode,
    allowedToMutate: mutating,
    ...(contextAwareResources.length === 0 ? {} : { contextAwareResources }),
    settings,
    ...(message === '' ? {} : { message }),
    ...(timeoutEvalSeconds === undefined ? {} : { timeoutEvalSeconds }),
    hostCapabilities: hostCapabilities(server, policy),
  };
}

/** Policies of one namespace get what their server grants such policies: everything, unless it says otherwise. */
function hostCapabilities(server: PolicyServer, policy: Policy): readonly string[] {
  return policy.kind === 'ClusterAdmissionPolicy' ? ['*'] : (server.spec.namespacedPoliciesCapabilities ?? ['*']);
}
