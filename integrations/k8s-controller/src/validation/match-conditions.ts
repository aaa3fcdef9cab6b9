// What the match conditions of a policy must be (contract 2.4, rules 9 to 14). Whether an expression compiles and a name is one is for the
// API server to say: see webhook-check.ts.
import { duplicate, required, tooMany, type FieldError } from './field-error.js';

/** A condition under which a policy is asked. */
export interface MatchCondition {
  readonly name: string;
  readonly expression: string;
}

/** The most that Kubernetes lets a webhook have. */
const most = 64;

/** What is wrong with the conditions, before anybody compiles their expressions. */
export function matchConditionErrors(conditions: readonly MatchCondition[]): readonly FieldError[] {
  const field = 'spec.matchConditions';
  if (conditions.length > most) return [tooMany(field, conditions.length, most)];
  return conditions.flatMap(({ name, expression }, index) => [
    ...(expression.trim() === '' ? [required(`${field}[${index}].expression`)] : []),
    ...(name === '' ? [required(`${field}[${index}].name`)] : []),
    ...(name !== '' && conditions.findIndex((other) => other.name === name) < index ? [duplicate(`${field}[${index}].name`, name)] : []),
  ]);
}
