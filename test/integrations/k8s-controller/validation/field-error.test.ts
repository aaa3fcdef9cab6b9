import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { causeOf, duplicate, forbidden, formatFieldErrors, invalid, required, tooMany, unchecked } from '../../../../integrations/k8s-controller/src/validation/field-error.js';

const errors = suite('k8s-controller/validation/field-error');

for (const [title, error, text] of [
  ['a missing value', required('spec.rules', 'a value must be specified'), 'spec.rules: Required value: a value must be specified'],
  ['a missing value without more to say', required('spec.a'), 'spec.a: Required value'],
  ['an invalid text, quoted', invalid('spec.a', 'b"c', 'no'), 'spec.a: Invalid value: "b\\"c": no'],
  ['an invalid number, bare', invalid('spec.a', 5, 'no'), 'spec.a: Invalid value: 5: no'],
  ['a forbidden field', forbidden('spec.a', 'the field is immutable'), 'spec.a: Forbidden: the field is immutable'],
  ['a duplicate', duplicate('spec.a', 'x'), 'spec.a: Duplicate value: "x"'],
  ['too many', tooMany('spec.a', 65, 64), 'spec.a: Too many: 65: must have at most 64 items'],
  ['what could not be checked', unchecked('spec.a', 'why'), 'spec.a: Internal error: why'],
] as const) {
  errors(`is worded as Kubernetes does: ${title}`, () => assert.is(formatFieldErrors([error]), text));
}

errors('several are told in brackets, the same one once', () => {
  assert.is(formatFieldErrors([required('a'), forbidden('b', 'no'), required('a')]), '[a: Required value, b: Forbidden: no]');
});

errors('a cause has the message without the path', () => {
  assert.equal(causeOf(invalid('spec.a', 5, 'no')), { reason: 'FieldValueInvalid', message: 'Invalid value: 5: no', field: 'spec.a' });
});

errors.run();
