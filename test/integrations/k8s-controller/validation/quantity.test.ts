import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { compareQuantities, parseQuantity } from '../../../../integrations/k8s-controller/src/validation/quantity.js';

const quantities = suite('k8s-controller/validation/quantity');

const compared = (a: string | number, b: string | number): number | undefined => {
  const [first, second] = [parseQuantity(a), parseQuantity(b)];
  return first === undefined || second === undefined ? undefined : compareQuantities(first, second);
};

for (const [a, b, expected] of [
  ['500m', '0.5', 0],
  ['1', '1000m', 0],
  [1, '1', 0],
  ['1Ki', '1024', 0],
  ['1k', '1Ki', -1],
  ['1e3', '1k', 0],
  ['1E3', '1k', 0],
  ['1E', '1e18', 0],
  ['1Ei', '1E', 1],
  ['.5', '0.5', 0],
  ['5.', '5', 0],
  ['-1', '0', -1],
  ['+1', '1', 0],
  ['100n', '1u', -1],
  ['1.5Gi', '1536Mi', 0],
  ['2e-3', '2m', 0],
] as const) {
  quantities(`${a} beside ${b}`, () => assert.is(compared(a, b), expected));
}

for (const text of ['', 'm', '1x', '1KiB', '1 ', ' 1', '1,5', '1e', '--1', '.', 'Infinity', '0x10', '1e999999999', `1${'0'.repeat(200)}`]) {
  quantities(`'${text.slice(0, 20)}' is no quantity`, () => assert.is(parseQuantity(text), undefined));
}

quantities('comparing agrees with numbers where numbers are exact', () => {
  fc.assert(
    fc.property(fc.integer({ min: -1e6, max: 1e6 }), fc.integer({ min: -1e6, max: 1e6 }), fc.constantFrom('', 'm', 'k', 'Ki'), (a, b, suffix) => {
      assert.is(compared(`${a}${suffix}`, `${b}${suffix}`), Math.sign(a - b));
    }),
    { seed: 7 },
  );
});

quantities.run();
