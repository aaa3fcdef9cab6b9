import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { judges } from '../../../lib/audit/matching.js';
import { type AuditPlan, type AuditScope, fingerprintOf, planOf } from '../../../lib/audit/plan.js';
import { type AuditPolicy, policyIdOf, readPolicy } from '../../../lib/audit/policy.js';
import { podRules, policy, served } from './served.js';

const plan = suite('audit/plan');

const url = 'https://policy-server-default.kubewarden.svc:443';
const team: AuditScope = { kind: 'namespace', name: 'team', labels: { env: 'test' } };
const cluster: AuditScope = { kind: 'cluster' };

function planFor(scope: AuditScope, ...policies: readonly AuditPolicy[]): AuditPlan {
  return planOf(scope, { served, policies: policies.map((one) => ({ kind: 'policy', policy: one })), endpointOf: (name) => (name === 'default' ? { kind: 'url', url } : { kind: 'unavailable', because: `no ${name}` }) });
}

/** Of the families, which policies are asked; and of the policies that are not, why. */
const shown = ({ families, exemptions }: AuditPlan): unknown => ({
  asked: Object.fromEntries(families.map(({ key, assignments }) => [key, assignments.map((one) => one.policy.id)])),
  exempt: exemptions.map(({ kind, policyId, because }) => [kind, policyId, because]),
});
const asked = (...ids: readonly string[]): unknown => ({ asked: { pods: ids }, exempt: [] });
const none = (...exempt: readonly unknown[]): unknown => ({ asked: {}, exempt });

const cases: readonly (readonly [title: string, scope: AuditScope, policy: AuditPolicy, expected: unknown])[] = [
  ['a cluster-wide policy is asked in a namespace', team, policy('a'), asked('clusterwide-a')],
  ['a policy of the namespace is asked', team, policy('a', {}, { kind: 'AdmissionPolicy', namespace: 'team' }), asked('namespaced-team-a')],
  ['a group of the namespace is asked', team, policy('a', {}, { kind: 'AdmissionPolicyGroup', namespace: 'team' }), asked('namespaced-group-team-a')],
  ['a policy of another namespace is not looked at', team, policy('a', {}, { kind: 'AdmissionPolicy', namespace: 'other' }), none()],
  ['a namespaceSelector that matches', team, policy('a', { namespaceSelector: { matchLabels: { env: 'test' } } }), asked('clusterwide-a')],
  ['one that does not', team, policy('a', { namespaceSelector: { matchLabels: { env: 'production' } } }), none()],
  ['nothing of its own in cluster scope: it is not counted', cluster, policy('a'), none()],
  ['not audited', team, policy('a', { backgroundAudit: false }), none(['skipped', 'clusterwide-a', 'its field backgroundAudit is false'])],
  ['not active', team, policy('a', {}, { status: { policyStatus: 'pending' } }), none(['skipped', 'clusterwide-a', 'it is not active'])],
  ['no status at all', team, policy('a', {}, { status: {} }), none(['skipped', 'clusterwide-a', 'it is not active'])],
  ['conditions that cannot be judged', team, policy('a', { matchConditions: [{ name: 'n', expression: 'true' }] }), none(['skipped', 'clusterwide-a', 'it has matchConditions, which the audit does not evaluate'])],
  ['not about creation', team, policy('a', { rules: [{ ...podRules[0], operations: ['DELETE'] }] }), none(['skipped', 'clusterwide-a', 'none of its rules is about the operation CREATE'])],
  ['about nothing that is served', team, policy('a', { rules: [{ ...podRules[0], resources: ['unicorns'] }] }), none(['errored', 'clusterwide-a', 'the API server serves none of its resources: unicorns of v1'])],
  ['about a subresource, which no object is', team, policy('a', { rules: [{ ...podRules[0], resources: ['pods/exec'] }] }), none(['skipped', 'clusterwide-a', 'its rules are about nothing that is stored and can be created'])],
  ['about cluster scope in the scope of a namespace: it is not counted', team, policy('a', { rules: [{ ...podRules[0], resources: ['namespaces'] }] }), none()],
  ['every operation, and a wildcard', team, policy('a', { rules: [{ ...podRules[0], resources: ['*'], operations: ['*'] }] }), asked('clusterwide-a')],
  ['a server that is not there: its objects are gone through all the same', team, policy('a', { policyServer: 'lost' }), { asked: { pods: [] }, exempt: [['errored', 'clusterwide-a', 'no lost']] }],
  [
    'a selector that cannot be read is the trouble of its policy',
    team,
    policy('a', { namespaceSelector: { matchExpressions: [{ key: 'a', operator: 'Like', values: [] }] } }),
    { asked: { pods: [] }, exempt: [['errored', 'clusterwide-a', 'its namespaceSelector is wrong: cannot read the selector: "Like" is no operator: In, NotIn, Exists and DoesNotExist are']] },
  ],
];

for (const [title, scope, one, expected] of cases) plan(title, () => assert.equal(shown(planFor(scope, one)), expected));

plan('a skip is noted on the objects that are gone through for others', () => {
  const { families } = planFor(team, policy('a'), policy('b', { backgroundAudit: false }));
  assert.equal(families.map(({ key, exemptions }) => [key, exemptions.map(({ policyId }) => policyId)]), [['pods', ['clusterwide-b']]]);
});

plan('policies that want other versions share a family, which is listed once', () => {
  const rules = (version: string): object => ({ rules: [{ apiGroups: ['autoscaling'], apiVersions: [version], resources: ['horizontalpodautoscalers'], operations: ['*'] }] });
  const { families } = planFor(team, policy('old', rules('v1')), policy('new', rules('v2')));
  assert.equal(families.map(({ resource, assignments }) => [resource.version, assignments.map((one) => one.resource.version)]), [['v1', ['v1', 'v2']]]);
});

plan('what is left out of a policy that is asked is told', () => {
  const { omissions } = planFor(team, policy('a', { rules: [{ ...podRules[0], resources: ['pods', 'unicorns'] }] }));
  assert.equal(omissions, [{ policyId: 'clusterwide-a', unknown: ['unicorns of v1'] }]);
});

plan('a fingerprint changes with a policy, with what is served of it, and with what is not asked', () => {
  const printOf = (...policies: readonly AuditPolicy[]): string => {
    const made = planFor(team, ...policies);
    const [family] = made.families;
    return family === undefined ? '' : fingerprintOf(family, made);
  };
  const base = policy('a');
  const others = [{ ...base, revision: 'other' }, { ...base, severity: 'high' }, { ...base, monitoring: true }].map((one) => printOf(one));
  assert.is(printOf(base), printOf(policy('a')));
  assert.is(new Set([printOf(base), printOf(base, policy('b', { backgroundAudit: false })), ...others]).size, 5);
});

plan('a policy that cannot be read errs, in its own namespace', () => {
  const read = readPolicy('AdmissionPolicy', { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name: 'a', namespace: 'team' } });
  assert.is(read.kind, 'unreadable');
  const knowledge = { served, policies: [read], endpointOf: () => ({ kind: 'url', url }) as const };
  assert.equal(planOf(team, knowledge).exemptions.map(({ kind, policyId }) => [kind, policyId]), [['errored', 'namespaced-team-a']]);
  assert.equal(planOf(cluster, knowledge).exemptions, []);
});

plan('ids are those of the contract', () => {
  const kinds = ['ClusterAdmissionPolicy', 'AdmissionPolicy', 'ClusterAdmissionPolicyGroup', 'AdmissionPolicyGroup'] as const;
  assert.equal(kinds.map((kind) => policyIdOf(kind, 'n', 's')), ['clusterwide-n', 'namespaced-s-n', 'clusterwide-group-n', 'namespaced-group-s-n']);
});

plan('a Namespace is judged by its own labels, another object of cluster scope by none', () => {
  const one = policy('a', { namespaceSelector: { matchLabels: { env: 'test' } } });
  const object = (kind: string, labels: Readonly<Record<string, string>>): Parameters<typeof judges>[1] => ({ apiVersion: 'v1', kind, metadata: { name: 'n', labels } });
  assert.equal([judges(one, object('Namespace', { env: 'test' })), judges(one, object('Namespace', {})), judges(one, object('Node', {}))], [true, false, true]);
  const selecting = policy('b', { objectSelector: { matchLabels: { a: 'b' } } });
  assert.equal([judges(selecting, object('Pod', { a: 'b' })), judges(selecting, object('Pod', {}))], [true, false]);
});

plan.run();
