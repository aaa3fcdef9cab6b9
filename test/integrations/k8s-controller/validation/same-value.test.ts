import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isSameValue } from '../../../../integrations/k8s-controller/src/validation/same-value.js';

const sameValue = suite('k8s-controller/validation/same-value');

const cases: readonly (readonly [string, string, boolean])[] = [
  ['1', '1', true],
  ['1', '"1"', false],
  ['null', '{}', false],
  ['[]', '{}', false],
  ['{"a":1,"b":[1,{"c":null}]}', '{"b":[1,{"c":null}],"a":1}', true],
  ['{"a":1}', '{"b":1}', false],
  ['{"a":1}', '{"a":1,"b":2}', false],
  ['[1,2]', '[2,1]', false],
  ['{"toString":1}', '{"valueOf":1}', false],
];
for (const [one, other, same] of cases) {
  sameValue(`${one} is ${same ? '' : 'not '}${other}`, () => {
    assert.is(isSameValue(JSON.parse(one), JSON.parse(other)), same);
    assert.is(isSameValue(JSON.parse(other), JSON.parse(one)), same);
  });
}

sameValue.run();
