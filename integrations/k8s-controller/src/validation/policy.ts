// What a policy must be (contract 2.4): its own fields, what may not change, and what it may not share with another policy. What has
// to be looked up is looked up before and passed in.
import type { Policy } from '../crds/custom-object.js';
import { formatIdentity, policyIdOf, webhookName, type PolicyIdentity } from '../desired/names.js';
import { forbidden, invalid, type FieldError } from './field-error.js';
import { matchConditionErrors } from './match-conditions.js';
import { ruleErrors } from './rules.js';

/** What is known about the surroundings of a policy. */
export interface PolicyFacts {
  /** Another policy with the same id. */
  readonly sameId: PolicyIdentity | undefined;
  /** What the API server has against the webhook that the policy would get. */
  readonly webhookErrors: readonly FieldError[];
}

/** Longest name of a webhook. */
const maxWebhookNameLength = 253;

/**
 * What is wrong with a policy.
 *
 * @param old the stored one; absent when it is being created
 */
export function policyErrors(policy: Policy, old: Policy | undefined, facts: PolicyFacts): readonly FieldError[] {
  const { spec } = policy;
  return [
    ...(old === undefined ? idErrors(policy, facts.sameId) : []),
    ...ruleErrors(policy.kind, spec.rules, old?.spec.rules),
    ...matchConditionErrors(spec.matchConditions ?? []),
    ...facts.webhookErrors,
    ...timeoutErrors(spec),
    ...(old === undefined ? [] : changeErrors(spec, old.spec)),
  ];
}

/** The reference lets two policies share an id, a key of the configuration and a webhook (C7). */
function idErrors(policy: Policy, sameId: PolicyIdentity | undefined): readonly FieldError[] {
  const { name } = policy.metadata;
  const id = policyIdOf(policy);
  const excess = webhookName(id).length - maxWebhookNameLength;
  return [
    ...(excess > 0 ? [invalid('metadata.name', name, `the policy's name is ${excess} characters too long: its webhook would be called "${webhookName(id)}"`)] : []),
    ...(sameId === undefined ? [] : [invalid('metadata.name', name, `the policy would have the id "${id}", which ${formatIdentity(sameId)} has already`)]),
  ];
}

function timeoutErrors({ timeoutEvalSeconds, timeoutSeconds }: Policy['spec']): readonly FieldError[] {
  if (timeoutEvalSeconds === undefined || timeoutEvalSeconds <= timeoutSeconds) return [];
  return [invalid('spec.timeoutEvalSeconds', timeoutEvalSeconds, 'timeoutEvalSeconds cannot be greater than timeoutSeconds')];
}

function changeErrors(spec: Policy['spec'], old: Policy['spec']): readonly FieldError[] {
  return [
    ...(spec.policyServer === old.policyServer ? [] : [forbidden('spec.policyServer', 'the field is immutable')]),
    ...(old.mode === 'protect' && spec.mode === 'monitor' ? [forbidden('spec.mode', 'field cannot transition from protect to monitor. Recreate instead.')] : []),
  ];
}
