// From the rules of a policy to the resources that it judges: wildcards become what the API server serves, and what it does
// not serve is left out one combination at a time.
import type { DiscoveredResource } from '../kubernetes/discovery.js';
import { apiVersionOf } from '../kubernetes/resource.js';
import type { PolicyRule } from './policy.js';

/** What rules come to on one API server. */
export interface Targets {
  /** Each object's resource once: of several versions the one that the API server prefers. */
  readonly resources: readonly DiscoveredResource[];
  /** Combinations without a wildcard that the API server does not serve, such as `pods.apps/v1`. */
  readonly unknown: readonly string[];
}

/** Groups of the reports themselves: a report on each report would never end. */
const reportGroups: ReadonlySet<string> = new Set(['wgpolicyk8s.io', 'openreports.io']);

/** Groups that no webhook is ever asked about (https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/). */
const unjudgedGroups: ReadonlySet<string> = new Set(['admissionregistration.k8s.io', 'authentication.k8s.io', 'authorization.k8s.io']);

/** Heartbeats and notices: a wildcard does not mean these, a rule that names them does. */
const fleeting: ReadonlySet<string> = new Set(['events', 'events.events.k8s.io', 'leases.coordination.k8s.io']);

const wildcard = '*';

/** Tells whether a rule is about objects being created, which is what the audit asks about. */
export function isAboutCreation({ operations }: PolicyRule): boolean {
  return operations.some((operation) => operation === wildcard || operation.toUpperCase() === 'CREATE');
}

/**
 * The resources that rules are about.
 *
 * @param served everything that the API server serves, of each group the preferred version first
 */
export function targetsOf(rules: readonly PolicyRule[], served: readonly DiscoveredResource[]): Targets {
  const auditable = served.filter(isAuditable);
  const found = new Map<string, DiscoveredResource>();
  for (const resource of auditable) {
    const key = familyOf(resource);
    if (!found.has(key) && rules.some((rule) => covers(rule, resource))) found.set(key, resource);
  }
  return { resources: [...found.values()], unknown: [...new Set(rules.flatMap((rule) => unknownIn(rule, served)))] };
}

/** Tells apart what is stored apart: versions of a resource are one family, and so are the two groups that serve Events. */
export function familyOf({ group, plural }: Pick<DiscoveredResource, 'group' | 'plural'>): string {
  return group === '' || (group === 'events.k8s.io' && plural === 'events') ? plural : `${plural}.${group}`;
}

/** What nobody can create is never admitted either, such as metrics and `componentstatuses`; its objects have no uid to name a report after. */
function isAuditable({ group, plural, verbs }: DiscoveredResource): boolean {
  return verbs.includes('list') && verbs.includes('create') && !reportGroups.has(group) && !unjudgedGroups.has(group) && !plural.includes('/');
}

function covers(rule: PolicyRule, resource: DiscoveredResource): boolean {
  const named = (names: readonly string[], name: string): boolean => names.includes(wildcard) || names.includes(name);
  return named(rule.apiGroups, resource.group) && named(rule.apiVersions, resource.version) && isInScope(rule, resource) && rule.resources.some((name) => namesResource(name, resource));
}

/** `pods/status` and `pods/*` are about subresources, which are not stored apart from their object; the first star of two covers objects too. */
function namesResource(name: string, { group, plural }: DiscoveredResource): boolean {
  if (name === wildcard || name === `${wildcard}/${wildcard}`) return !fleeting.has(group === '' ? plural : `${plural}.${group}`);
  return name === plural;
}

function isInScope({ scope }: PolicyRule, { namespaced }: DiscoveredResource): boolean {
  return scope === 'Namespaced' ? namespaced : scope === 'Cluster' ? !namespaced : true;
}

function unknownIn(rule: PolicyRule, served: readonly DiscoveredResource[]): readonly string[] {
  const plain = (names: readonly string[]): readonly string[] => names.filter((name) => !name.includes(wildcard));
  return plain(rule.apiGroups).flatMap((group) =>
    plain(rule.apiVersions).flatMap((version) =>
      plain(rule.resources)
        .filter((name) => !isServed({ group, version, name }, served))
        .map((name) => `${name} of ${apiVersionOf({ group, version })}`),
    ),
  );
}

function isServed({ group, version, name }: { readonly group: string; readonly version: string; readonly name: string }, served: readonly DiscoveredResource[]): boolean {
  const [plural = '', subresource] = name.split('/');
  return served.some((resource) => resource.group === group && resource.version === version && resource.plural === plural && (subresource === undefined || resource.subresources.includes(subresource)));
}
