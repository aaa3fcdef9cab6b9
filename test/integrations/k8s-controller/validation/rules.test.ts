import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { PolicyKind } from '../../../../integrations/k8s-controller/src/crds/group.js';
import type { PolicyRule } from '../../../../integrations/k8s-controller/src/crds/policy.js';
import { formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { ruleErrors } from '../../../../integrations/k8s-controller/src/validation/rules.js';

const rules = suite('k8s-controller/validation/rules');

const good: PolicyRule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };
const told = (kind: PolicyKind, given: readonly PolicyRule[], accepted?: readonly PolicyRule[]): string => formatFieldErrors(ruleErrors(kind, given, accepted));

const shapes: readonly (readonly [title: string, given: readonly PolicyRule[], text: string])[] = [
  ['no rules', [], 'spec.rules: Required value: a value must be specified'],
  ['no operations', [{ ...good, operations: [] }], 'spec.rules.operations: Required value: a value must be specified'],
  ['absent operations', [{ apiVersions: ['v1'], resources: ['pods'] }], 'spec.rules.operations: Required value: a value must be specified'],
  ['no versions', [{ ...good, apiVersions: [] }], 'spec.rules: Required value: apiVersions and resources must have specified values'],
  ['no resources', [{ ...good, resources: [] }], 'spec.rules: Required value: apiVersions and resources must have specified values'],
  ['an empty operation', [{ ...good, operations: ['CREATE', ''] }], 'spec.rules.operations[1]: Required value: must be non-empty'],
  ['an empty version', [{ ...good, apiVersions: [''] }], 'spec.rules.rule.apiVersions[0]: Required value: must be non-empty'],
  ['an empty resource', [{ ...good, resources: [''] }], 'spec.rules.rule.resources[0]: Required value: must be non-empty'],
  ['of a rule without operations nothing else', [{ ...good, operations: [], apiVersions: [''] }], 'spec.rules.operations: Required value: a value must be specified'],
];
for (const [title, given, text] of shapes) {
  rules(`refuses: ${title}`, () => assert.is(told('ClusterAdmissionPolicy', given), text));
}

rules('the core group is an empty text, and right', () => assert.equal(ruleErrors('AdmissionPolicy', [good], undefined), []));

const everything: PolicyRule = { ...good, apiGroups: ['apps', '*'], resources: ['pods', '*/*'] };
const wildcards = 'apiGroups cannot use wildcards when using AdmissionPolicy or AdmissionPolicyGroup';

rules('C2: a namespaced policy may not match every resource of every group, whatever the versions', () => {
  const text = told('AdmissionPolicy', [everything]);
  assert.match(text, `spec.rules.apiGroups[1]: Forbidden: ${wildcards}`);
  assert.match(text, 'spec.rules.resources[1]: Forbidden: resources cannot use wildcards when using AdmissionPolicy or AdmissionPolicyGroup');
});

rules('C2: a wildcard among the versions is nothing special', () => {
  assert.equal(ruleErrors('AdmissionPolicy', [{ ...good, apiVersions: ['*'], resources: ['*'] }], undefined), []);
});

rules('C2: what an earlier release accepted stays acceptable while it is unchanged', () => {
  assert.equal(ruleErrors('AdmissionPolicy', [everything], [everything]), []);
  assert.is.not(told('AdmissionPolicy', [everything], [good]), '[]');
});

rules('one wildcard alone is allowed', () => {
  assert.equal(ruleErrors('AdmissionPolicy', [{ ...good, apiGroups: ['*'] }], undefined), []);
  assert.equal(ruleErrors('AdmissionPolicy', [{ ...good, resources: ['*'] }], undefined), []);
});

rules('a cluster-wide policy may match everything', () => assert.equal(ruleErrors('ClusterAdmissionPolicy', [everything], undefined), []));

const reports: readonly (readonly [title: string, rule: PolicyRule, report: string])[] = [
  ['policy reports', { ...good, apiGroups: ['wgpolicyk8s.io'], resources: ['policyreports'] }, 'wgpolicyk8s.io, Resource: policyreports'],
  ['policy reports\' status', { ...good, apiGroups: ['wgpolicyk8s.io'], resources: ['policyreports/status'] }, 'wgpolicyk8s.io, Resource: policyreports'],
  ['policy reports of every group', { ...good, apiGroups: ['*'], resources: ['policyreports'] }, 'wgpolicyk8s.io, Resource: policyreports'],
  ['all resources of the reports\' group', { ...good, apiGroups: ['wgpolicyk8s.io'], resources: ['*'] }, 'wgpolicyk8s.io, Resource: policyreports'],
  ['C3: open reports', { ...good, apiGroups: ['openreports.io'], resources: ['reports'] }, 'openreports.io, Resource: reports'],
];
for (const [title, rule, report] of reports) {
  rules(`a namespaced policy may not target ${title}`, () => {
    assert.match(told('AdmissionPolicy', [rule]), `spec.rules: Forbidden: {APIGroup: ${report}} resources cannot be targeted by AdmissionPolicy or AdmissionPolicyGroup`);
  });
}

rules('reports of another group are somebody else\'s', () => assert.equal(ruleErrors('AdmissionPolicy', [{ ...good, apiGroups: ['example.test'], resources: ['reports'] }], undefined), []));

rules.run();
