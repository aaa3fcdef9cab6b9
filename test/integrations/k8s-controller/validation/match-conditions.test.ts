import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { matchConditionErrors } from '../../../../integrations/k8s-controller/src/validation/match-conditions.js';

const conditions = suite('k8s-controller/validation/match-conditions');

const condition = (name: string, expression = 'true'): { name: string; expression: string } => ({ name, expression });
const many = (count: number): readonly { name: string; expression: string }[] => Array.from({ length: count }, (_, index) => condition(`c${index}`));

conditions('accepts sixty-four', () => assert.equal(matchConditionErrors(many(64)), []));
conditions('refuses sixty-five', () => assert.is(formatFieldErrors(matchConditionErrors(many(65))), 'spec.matchConditions: Too many: 65: must have at most 64 items'));

for (const name of ['a', 'not-in-kube-system', 'A_b.c', 'example.test/name', 'a'.repeat(63)]) conditions(`accepts the name ${name}`, () => assert.equal(matchConditionErrors([condition(name)]), []));

for (const [title, given, text] of [
  ['a blank expression', [condition('a', ' \n')], 'spec.matchConditions[0].expression: Required value'],
  ['no name', [condition('')], 'spec.matchConditions[0].name: Required value'],
  ['a name twice', [condition('a'), condition('a')], 'spec.matchConditions[1].name: Duplicate value: "a"'],
  ['a name that ends in a hyphen', [condition('a-')], 'spec.matchConditions[0]: Invalid value: "a-": name part must consist of alphanumeric characters, \'-\', \'_\' or \'.\', and must start and end with an alphanumeric character'],
  ['a name that is too long', [condition('a'.repeat(64))], `spec.matchConditions[0]: Invalid value: "${'a'.repeat(64)}": name part must be no more than 63 characters`],
  ['a prefix that is no domain', [condition('A/b')], 'spec.matchConditions[0]: Invalid value: "A/b": prefix part must be a lowercase RFC 1123 subdomain'],
  ['a name behind a prefix that is empty', [condition('a/')], 'spec.matchConditions[0]: Invalid value: "a/": name part must be non-empty'],
] as const) {
  conditions(`refuses ${title}`, () => assert.is(formatFieldErrors(matchConditionErrors(given)), text));
}

conditions('refuses a name with two slashes', () => assert.match(formatFieldErrors(matchConditionErrors([condition('a/b/c')])), /a qualified name must consist of/));

conditions.run();
