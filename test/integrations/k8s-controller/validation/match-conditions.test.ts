import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatFieldErrors } from '../../../../integrations/k8s-controller/src/validation/field-error.js';
import { matchConditionErrors } from '../../../../integrations/k8s-controller/src/validation/match-conditions.js';

const conditions = suite('k8s-controller/validation/match-conditions');

const condition = (name: string, expression = 'true'): { name: string; expression: string } => ({ name, expression });
const many = (count: number): readonly { name: string; expression: string }[] => Array.from({ length: count }, (_, index) => condition(`c${index}`));

conditions('accepts sixty-four', () => assert.equal(matchConditionErrors(many(64)), []));
conditions('refuses sixty-five', () => assert.is(formatFieldErrors(matchConditionErrors(many(65))), 'spec.matchConditions: Too many: 65: must have at most 64 items'));


for (const [title, given, text] of [
  ['a blank expression', [condition('a', ' \n')], 'spec.matchConditions[0].expression: Required value'],
  ['no name', [condition('')], 'spec.matchConditions[0].name: Required value'],
  ['a name twice', [condition('a'), condition('a')], 'spec.matchConditions[1].name: Duplicate value: "a"'],
] as const) {
  conditions(`refuses ${title}`, () => assert.is(formatFieldErrors(matchConditionErrors(given)), text));
}

conditions.run();
