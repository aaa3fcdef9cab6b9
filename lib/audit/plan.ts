// What one scan of a scope comes to: which policies are candidates, what keeps some from being asked, and which resources are
// gone through for the others (contract 7.3). Which of a resource's objects a policy judges is matching.ts.
import type { DiscoveredResource } from '../kubernetes/discovery.js';
import { apiVersionOf } from '../kubernetes/resource.js';
import type { Labels } from '../kubernetes/selector.js';
import { isSelected, selectorProblem } from './matching.js';
import type { AuditPolicy, PolicyRule, ReadPolicy } from './policy.js';
import { familyOf, isAboutCreation, type Targets, targetsOf } from './targets.js';

/** Where a scan looks. */
export type AuditScope = { readonly kind: 'cluster' } | { readonly kind: 'namespace'; readonly name: string; readonly labels: Labels };

/** Where a policy is asked, or why nowhere. */
export type PolicyEndpoint = { readonly kind: 'url'; readonly url: string } | { readonly kind: 'unavailable'; readonly because: string };

/** What is known of a cluster when a plan is made. */
export interface AuditKnowledge {
  readonly policies: readonly ReadPolicy[];
  /** Everything the API server serves, of each group the preferred version first. */
  readonly served: readonly DiscoveredResource[];
  readonly endpointOf: (policyServer: string) => PolicyEndpoint;
}

/** A policy and the form of a resource's objects that it judges. */
export interface Assignment {
  readonly policy: AuditPolicy;
  readonly resource: DiscoveredResource;
  /** The base URL of its policy-server. */
  readonly url: string;
}

/** A policy that is not asked, and why. */
export interface Exemption {
  readonly kind: 'skipped' | 'errored';
  readonly policyId: string;
  /** Absent when the policy's object cannot be read. */
  readonly policy?: AuditPolicy | undefined;
  readonly because: string;
}

/** One sort of objects to go through. */
export interface Family {
  readonly key: string;
  /** How the objects are listed. */
  readonly resource: DiscoveredResource;
  readonly assignments: readonly Assignment[];
  /** Policies that are about these objects too. */
  readonly exemptions: readonly Exemption[];
}

/** What a scan does. */
export interface AuditPlan {
  readonly families: readonly Family[];
  /** Every policy of this scope that is not asked. */
  readonly exemptions: readonly Exemption[];
  /** Policies that are asked, but not about all that they name: the API server does not serve the rest. */
  readonly omissions: readonly Omission[];
}

/** What a policy names and the API server does not serve. */
export interface Omission {
  readonly policyId: string;
  readonly unknown: readonly string[];
}

/** Makes the plan of one scope. */
export function planOf(scope: AuditScope, knowledge: AuditKnowledge): AuditPlan {
  const findings = knowledge.policies.filter((read) => isCandidate(scope, read)).map((read) => findingOf(scope, read, knowledge));
  const byFamily = new Map<string, { assignments: Assignment[]; exemptions: Exemption[]; resource: DiscoveredResource }>();
  const familyFor = (resource: DiscoveredResource): { assignments: Assignment[]; exemptions: Exemption[] } => {
    const key = familyOf(resource);
    const family = byFamily.get(key) ?? { assignments: [], exemptions: [], resource };
    byFamily.set(key, family);
    return family;
  };
  for (const finding of findings) {
    for (const resource of finding.resources) {
      if (finding.kind === 'asked') familyFor(resource).assignments.push({ policy: finding.policy, resource, url: finding.url });
      else if (finding.kind === 'exempt') familyFor(resource).exemptions.push(finding.exemption);
    }
  }
  const families = [...byFamily].map(([key, family]): Family => ({ key, ...family, resource: family.assignments[0]?.resource ?? family.resource }));
  return {
    // What only skipped policies are about is not gone through.
    families: families.filter(({ assignments, exemptions }) => assignments.length > 0 || exemptions.some(({ kind }) => kind === 'errored')),
    exemptions: findings.flatMap((finding) => (finding.kind === 'exempt' ? [finding.exemption] : [])),
    omissions: findings.flatMap((finding) => (finding.kind === 'asked' && finding.unknown.length > 0 ? [{ policyId: finding.policy.id, unknown: finding.unknown }] : [])),
  };
}

type Finding =
  | { readonly kind: 'asked'; readonly policy: AuditPolicy; readonly url: string; readonly resources: readonly DiscoveredResource[]; readonly unknown: readonly string[] }
  | { readonly kind: 'exempt'; readonly exemption: Exemption; readonly resources: readonly DiscoveredResource[] }
  /** Nothing of what the policy judges is in this scope. */
  | { readonly kind: 'elsewhere'; readonly resources: readonly [] };

/** Whether a policy is looked at for a scope. One that cannot be read is, wherever it might apply. */
function isCandidate(scope: AuditScope, read: ReadPolicy): boolean {
  const namespace = read.kind === 'policy' ? read.policy.namespace : read.namespace;
  if (namespace !== undefined) return scope.kind === 'namespace' && scope.name === namespace;
  if (read.kind === 'unreadable' || scope.kind === 'cluster') return true;
  const { namespaceSelector } = read.policy;
  // A selector that cannot be read is the policy's own trouble: it errs, and the others go on.
  return selectorProblem(namespaceSelector) !== undefined || isSelected(namespaceSelector, scope.labels);
}

function findingOf(scope: AuditScope, read: ReadPolicy, knowledge: AuditKnowledge): Finding {
  if (read.kind === 'unreadable') return { kind: 'exempt', exemption: { kind: 'errored', policyId: read.policyId, because: `the policy cannot be read: ${read.because}` }, resources: [] };
  const { policy } = read;
  const exempt = (kind: Exemption['kind'], because: string, resources: readonly DiscoveredResource[] = []): Finding => ({ kind: 'exempt', exemption: { kind, policyId: policy.id, policy, because }, resources });
  const rules = policy.rules.filter(isAboutCreation);
  if (rules.length === 0) return exempt('skipped', 'none of its rules is about the operation CREATE');
  const targets = rememberedTargets(policy, rules, knowledge.served);
  if (targets.resources.length === 0 && targets.unknown.length > 0) return exempt('errored', `the API server serves none of its resources: ${targets.unknown.join(', ')}`);
  if (targets.resources.length === 0) return exempt('skipped', 'its rules are about nothing that is stored and can be created');
  const resources = targets.resources.filter(({ namespaced }) => namespaced === (scope.kind === 'namespace'));
  if (resources.length === 0) return { kind: 'elsewhere', resources: [] };
  const reason = reasonToSkip(policy);
  if (reason !== undefined) return exempt('skipped', reason, resources);
  const broken = brokenSelector(policy);
  if (broken !== undefined) return exempt('errored', broken, resources);
  const endpoint = knowledge.endpointOf(policy.policyServer);
  return endpoint.kind === 'url' ? { kind: 'asked', policy, url: endpoint.url, resources, unknown: targets.unknown } : exempt('errored', endpoint.because, resources);
}

/** What policies come to is found once for all scopes; another knowledge has other lists. */
const remembered = new WeakMap<readonly DiscoveredResource[], WeakMap<AuditPolicy, Targets>>();

function rememberedTargets(policy: AuditPolicy, rules: readonly PolicyRule[], served: readonly DiscoveredResource[]): Targets {
  const known = remembered.get(served) ?? new WeakMap<AuditPolicy, Targets>();
  remembered.set(served, known);
  const targets = known.get(policy) ?? targetsOf(rules, served);
  known.set(policy, targets);
  return targets;
}

function reasonToSkip({ backgroundAudit, active, hasMatchConditions }: AuditPolicy): string | undefined {
  if (!backgroundAudit) return 'its field backgroundAudit is false';
  if (!active) return 'it is not active';
  // What they ask about the user of a request, an audit cannot answer.
  return hasMatchConditions ? 'it has matchConditions, which the audit does not evaluate' : undefined;
}

function brokenSelector({ objectSelector, namespaceSelector }: AuditPolicy): string | undefined {
  for (const [field, selector] of [['objectSelector', objectSelector], ['namespaceSelector', namespaceSelector]] as const) {
    const problem = selectorProblem(selector);
    if (problem !== undefined) return `its ${field} is wrong: ${problem}`;
  }
  return undefined;
}

/** A text that is another one when the reports on a family's objects may become others although the objects stay the same. */
export function fingerprintOf({ assignments, exemptions }: Family, plan: AuditPlan): string {
  const asked = assignments.map(({ policy, resource, url }) => [policy.revision, policy.severity, policy.category, policy.monitoring, apiVersionOf(resource), url]);
  return JSON.stringify([asked, exemptions.map(({ kind, policyId, because }) => [kind, policyId, because]), plan.exemptions.map(({ kind }) => kind)]);
}
