// What the match conditions of a policy must be (contract 2.4, rules 9 to 14). Whether an expression compiles is for the API server to
// say: see webhook-check.ts.
import { duplicate, invalid, required, tooMany, type FieldError } from './field-error.js';

/** A condition under which a policy is asked. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** The most that Kubernetes lets a webhook have. */
const most = 64;
const maxNameLength = 63;
const maxPrefixLength = 253;
const namePattern = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;
const prefixPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** What is wrong with the conditions, their expressions not compiled. */
export function matchConditionErrors(conditions: readonly MatchCondition[]): readonly FieldError[] {
  const field = 'spec.matchConditions';
  if (conditions.length > most) return [tooMany(field, conditions.length, most)];
  return conditions.flatMap(({ name, expression }, index) => [
    ...(expression.trim() === '' ? [required(`${field}[${index}].expression`)] : []),
    ...nameErrors(name, `${field}[${index}]`),
    ...(name !== '' && conditions.findIndex((other) => other.name === name) < index ? [duplicate(`${field}[${index}].name`, name)] : []),
  ]);
}

function nameErrors(name: string, field: string): readonly FieldError[] {
  if (name === '') return [required(`${field}.name`)];
  const problem = qualifiedNameProblem(name);
  return problem === undefined ? [] : [invalid(field, name, problem)];
}

/** What keeps a text from being a qualified name (`name` or `prefix.example/name`), in Kubernetes' words; undefined when nothing does. */
function qualifiedNameProblem(text: string): string | undefined {
  const parts = text.split('/');
  const [name = '', prefix] = parts.reverse();
  if (parts.length > 2) return "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character with an optional DNS subdomain prefix and '/'";
  if (prefix !== undefined && (prefix === '' || prefix.length > maxPrefixLength || !prefixPattern.test(prefix))) return 'prefix part must be a lowercase RFC 1123 subdomain';
  if (name === '') return 'name part must be non-empty';
  if (name.length > maxNameLength) return `name part must be no more than ${maxNameLength} characters`;
  return namePattern.test(name) ? undefined : "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
}
