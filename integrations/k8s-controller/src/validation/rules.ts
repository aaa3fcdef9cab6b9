// What the rules of a policy must be (contract 2.4, rules 1 to 8). A rule is passed whole: the reference hands its versions to a check
// that expects its groups, and so misses what it looks for (C2).
import type { PolicyRule } from '../crds/policy.js';
import type { PolicyKind } from '../crds/group.js';
import { forbidden, required, type FieldError } from './field-error.js';

/** Reports on policies: a policy of one namespace must not be able to keep them from being written. */
const protectedReports = [
  { group: 'wgpolicyk8s.io', resource: 'policyreports' },
  { group: 'openreports.io', resource: 'reports' },
] as const;

const missing = 'a value must be specified';

/**
 * What is wrong with the rules of a policy.
 *
 * @param accepted the rules of the stored object: unchanged, they stay acceptable although an earlier release was less strict
 */
export function ruleErrors(kind: PolicyKind, rules: readonly PolicyRule[], accepted: readonly PolicyRule[] | undefined): readonly FieldError[] {
  if (rules.length === 0) return [required('spec.rules', missing)];
  const unchanged = accepted !== undefined && JSON.stringify(accepted) === JSON.stringify(rules);
  return rules.flatMap((rule) => [...shapeErrors(rule), ...(kind === 'AdmissionPolicy' && !unchanged && isShaped(rule) ? reachErrors(rule) : [])]);
}

function isShaped({ operations = [], apiVersions = [], resources = [] }: PolicyRule): boolean {
  return operations.length > 0 && apiVersions.length > 0 && resources.length > 0;
}

/** Of one rule, the first class of problems only. */
function shapeErrors({ operations = [], apiVersions = [], resources = [] }: PolicyRule): readonly FieldError[] {
  if (operations.length === 0) return [required('spec.rules.operations', missing)];
  if (apiVersions.length === 0 || resources.length === 0) return [required('spec.rules', 'apiVersions and resources must have specified values')];
  return [...emptyErrors('spec.rules.operations', operations), ...emptyErrors('spec.rules.rule.apiVersions', apiVersions), ...emptyErrors('spec.rules.rule.resources', resources)];
}

function emptyErrors(field: string, words: readonly string[]): readonly FieldError[] {
  return words.flatMap((word, index) => (word === '' ? [required(`${field}[${index}]`, 'must be non-empty')] : []));
}

/** What the policies of one namespace may not reach for. */
function reachErrors({ apiGroups = [], resources = [] }: PolicyRule): readonly FieldError[] {
  const everyGroup = apiGroups.indexOf('*');
  const everyResource = resources.findIndex((resource) => resource === '*' || resource === '*/*');
  const wildcards =
    everyGroup < 0 || everyResource < 0
      ? []
      : [
          forbidden(`spec.rules.apiGroups[${everyGroup}]`, 'apiGroups cannot use wildcards when using AdmissionPolicy or AdmissionPolicyGroup'),
          forbidden(`spec.rules.resources[${everyResource}]`, 'resources cannot use wildcards when using AdmissionPolicy or AdmissionPolicyGroup'),
        ];
  const reports = protectedReports.flatMap(({ group, resource }) =>
    apiGroups.some((given) => given === group || given === '*') && resources.some((given) => covers(given, resource))
      ? [forbidden('spec.rules', `{APIGroup: ${group}, Resource: ${resource}} resources cannot be targeted by AdmissionPolicy or AdmissionPolicyGroup`)]
      : [],
  );
  return [...wildcards, ...reports];
}

function covers(given: string, resource: string): boolean {
  return given === '*' || given === '*/*' || given === resource || given.startsWith(`${resource}/`);
}
