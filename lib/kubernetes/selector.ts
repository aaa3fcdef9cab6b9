// Label selectors: the object form (`matchLabels`, `matchExpressions`), and matching. The text form is in
// selector-text.ts; selectors of fields are in field-selector.ts. PURE.
import { Fault } from '../fault.js';
import type { KubernetesFaultCode } from './api-fault.js';

/** One demand on the labels of an object. */
export type LabelRequirement =
  | { readonly kind: 'in' | 'not-in'; readonly key: string; readonly values: readonly string[] }
  | { readonly kind: 'exists' | 'not-exists'; readonly key: string }
  | { readonly kind: 'greater-than' | 'less-than'; readonly key: string; readonly value: bigint };

/** Demands that must all hold; none at all matches everything. */
export type LabelSelector = readonly LabelRequirement[];

/** The labels of an object. */
export type Labels = Readonly<Record<string, string>>;

/** The object form, as specs hold it. */
export interface LabelSelectorObject {
  readonly matchLabels?: Labels | undefined;
  readonly matchExpressions?: readonly LabelExpression[] | undefined;
}

/** An entry of `matchExpressions`. */
export interface LabelExpression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/** Everything is selected. */
export const everything: LabelSelector = [];

/** Tells whether labels are selected. An absent label satisfies `not-in`, as in Kubernetes. */
export function matchesLabels(selector: LabelSelector, labels: Labels = {}): boolean {
  return selector.every((requirement) => satisfies(requirement, Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined));
}

function satisfies(requirement: LabelRequirement, value: string | undefined): boolean {
  switch (requirement.kind) {
    case 'in':
      return value !== undefined && requirement.values.includes(value);
    case 'not-in':
      return value === undefined || !requirement.values.includes(value);
    case 'exists':
      return value !== undefined;
    case 'not-exists':
      return value === undefined;
    case 'greater-than':
      return isInteger(value) && BigInt(value) > requirement.value;
    case 'less-than':
      return isInteger(value) && BigInt(value) < requirement.value;
  }
}

/** Tells whether a text is an integer of 64 bits, which is what Kubernetes compares; as no label can have a sign, neither can it. */
export function isInteger(text: string | undefined): text is string {
  return text !== undefined && /^[0-9]{1,63}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}

/**
 * Reads the object form. An empty one selects everything; an absent one is the caller's to judge, for it means
 * everything in some specs and nothing in others.
 *
 * @throws {Fault} KUBERNETES_SELECTOR_INVALID
 */
export function parseSelectorObject({ matchLabels = {}, matchExpressions = [] }: LabelSelectorObject): LabelSelector {
  const equal = Object.entries(matchLabels).map(([key, value]): LabelRequirement => ({ kind: 'in', key, values: [value] }));
  const selector = [...equal, ...matchExpressions.map(requirementOf)];
  for (const requirement of selector) checkRequirement(requirement);
  return selector;
}

function requirementOf({ key, operator, values = [] }: LabelExpression): LabelRequirement {
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw selectorFault(`operator ${operator} of "${key}" needs values`);
      return { kind: operator === 'In' ? 'in' : 'not-in', key, values };
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw selectorFault(`operator ${operator} of "${key}" takes no values`);
      return { kind: operator === 'Exists' ? 'exists' : 'not-exists', key };
    default:
      throw selectorFault(`${JSON.stringify(operator)} is no operator: In, NotIn, Exists and DoesNotExist are`);
  }
}

/** Name part and value: letters, digits, `-`, `_` and `.`, with a letter or digit at both ends. */
const word = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const subdomain = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const maxPrefixLength = 253;

/**
 * Refuses keys and values that no label can have.
 *
 * @throws {Fault} KUBERNETES_SELECTOR_INVALID
 */
export function checkRequirement(requirement: LabelRequirement): void {
  if (!isLabelKey(requirement.key)) throw selectorFault(`${JSON.stringify(requirement.key)} cannot be the key of a label`);
  const wrong = 'values' in requirement ? requirement.values.find((value) => !isLabelValue(value)) : undefined;
  if (wrong !== undefined) throw selectorFault(`${JSON.stringify(wrong)} cannot be the value of a label`);
}

/** Tells whether a label can have the key: a name, with or without a DNS subdomain and `/` in front. */
export function isLabelKey(key: string): boolean {
  const slash = key.indexOf('/');
  if (slash === -1) return word.test(key);
  const prefix = key.slice(0, slash);
  return prefix.length <= maxPrefixLength && subdomain.test(prefix) && word.test(key.slice(slash + 1));
}

/** Tells whether a label can have the value. */
export function isLabelValue(value: string): boolean {
  return value === '' || word.test(value);
}

/** The fault for a selector that cannot be used. */
export function selectorFault(found: string): Fault<KubernetesFaultCode> {
  return new Fault('KUBERNETES_SELECTOR_INVALID', `cannot read the selector: ${found}`);
}
