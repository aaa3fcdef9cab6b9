// Which objects a policy judges: its selectors against labels, as the API server applies them to requests.
import { Fault, isFault } from '../fault.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { type Labels, type LabelSelector, matchesLabels, parseSelectorObject } from '../kubernetes/selector.js';
import type { AuditPolicy, PolicySelector } from './policy.js';

/** Selectors are read once, for every object asks them. */
const read = new WeakMap<PolicySelector, LabelSelector | Fault>();

/** Tells whether labels are selected; an absent selector selects everything, and one that cannot be read nothing. */
export function isSelected(selector: PolicySelector | undefined, labels: Labels | undefined): boolean {
  if (selector === undefined) return true;
  const parsed = parsedOf(selector);
  return !(parsed instanceof Fault) && matchesLabels(parsed, labels);
}

/** Why a selector cannot be read; undefined when it can. */
export function selectorProblem(selector: PolicySelector | undefined): string | undefined {
  const parsed = selector === undefined ? undefined : parsedOf(selector);
  return parsed instanceof Fault ? parsed.message : undefined;
}

/**
 * Tells whether a policy judges an object of a resource that its rules cover.
 *
 * The namespaceSelector is held against the labels of the object's namespace where a scan of that begins; here only against
 * those of an object that is a Namespace itself.
 */
export function judges(policy: AuditPolicy, { apiVersion, kind, metadata: { labels } }: Pick<ApiObject, 'apiVersion' | 'kind' | 'metadata'>): boolean {
  if (apiVersion === 'v1' && kind === 'Namespace' && !isSelected(policy.namespaceSelector, labels)) return false;
  return isSelected(policy.objectSelector, labels);
}

function parsedOf(selector: PolicySelector): LabelSelector | Fault {
  const known = read.get(selector);
  if (known !== undefined) return known;
  const parsed = parsedOrFault(selector);
  read.set(selector, parsed);
  return parsed;
}

function parsedOrFault(selector: PolicySelector): LabelSelector | Fault {
  try {
    return parseSelectorObject(selector);
  } catch (error) {
    if (isFault(error)) return error;
    throw error;
  }
}
