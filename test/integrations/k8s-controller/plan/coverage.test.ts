import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { covers, isSame } from '../../../../integrations/k8s-controller/src/plan/coverage.js';

const coverage = suite('k8s-controller/plan/coverage');

for (const [title, seen, wanted, expected] of [
  ['a field that the API server filled in', { a: 1, b: 2 }, { a: 1 }, true],
  ['another value', { a: 2 }, { a: 1 }, false],
  ['a missing field', {}, { a: 1 }, false],
  ['nothing covers an empty object', {}, { a: {} }, true],
  ['nothing covers an empty list', {}, { a: [] }, true],
  ['nothing covers an empty text', { env: [{ name: 'A' }] }, { env: [{ name: 'A', value: '' }] }, true],
  ['a text is not covered by nothing', {}, { a: 'x' }, false],
  ['a text does not cover an empty one', { a: 'x' }, { a: '' }, false],
  ['nothing covers a switch that is off and that the API server leaves out', {}, { hostNetwork: false }, true],
  ['a switch that is on does not cover one that is off', { hostNetwork: true }, { hostNetwork: false }, false],
  ['nothing does not cover another false: what is left out there may mean yes', {}, { allowPrivilegeEscalation: false }, false],
  ['a single amount in other words', { resourceFieldRef: { divisor: '1' } }, { resourceFieldRef: { divisor: 1 } }, true],
  ['a list that was filled is not covered by nothing', {}, { a: [1] }, false],
  ['a field that is wanted as undefined is not wanted', {}, { a: undefined }, true],
  ['a list that is replaced as a whole, in another order', { a: ['y', 'x'] }, { a: ['x', 'y'] }, false],
  ['a list that is replaced as a whole, with one more', { a: ['x', 'y'] }, { a: ['x'] }, false],
  ['a variable of somebody else beside ours', { env: [{ name: 'B', value: '2' }, { name: 'A', value: '1' }] }, { env: [{ name: 'A', value: '1' }] }, true],
  ['a variable that was changed', { env: [{ name: 'A', value: '2' }] }, { env: [{ name: 'A', value: '1' }] }, false],
  ['a container that an admission webhook added', { containers: [{ name: 'ours', image: 'i', terminationMessagePath: '/x' }, { name: 'sidecar' }] }, { containers: [{ name: 'ours', image: 'i' }] }, true],
  ['an amount in other words', { limits: { cpu: '500m' } }, { limits: { cpu: 0.5 } }, true],
  ['another amount', { limits: { cpu: '500m' } }, { limits: { cpu: 1 } }, false],
  ['a text that only looks like an amount', { value: '1000' }, { value: '1k' }, false],
  ['an object where a list is wanted', { a: {} }, { a: [1] }, false],
  ['null where an object is wanted', { a: null }, { a: { b: 1 } }, false],
  ['a selector with a label more selects less', { selector: { app: 'ours', more: 'theirs' } }, { selector: { app: 'ours' } }, false],
  ['a selector as it ought to be', { selector: { b: '2', app: 'ours' } }, { selector: { app: 'ours', b: '2' } }, true],
  ['owners of others beside ours', { ownerReferences: [{ uid: '1' }, { uid: '2' }] }, { ownerReferences: [{ uid: '2' }] }, true],
] as const) {
  coverage(`covers: ${title}`, () => assert.is(covers(seen, wanted), expected));
}

for (const [title, a, b, expected] of [
  ['the same in another order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ['a field more', { a: 1, b: 2 }, { a: 1 }, false],
  ['an empty object is as good as none', { a: 1, b: {} }, { a: 1 }, true],
  ['an empty list within is as good as none', [{ a: [], b: 1 }], [{ b: 1 }], true],
  ['an item more', [1, 2], [1], false],
  ['nothing and nothing', undefined, undefined, true],
  ['nothing and an empty list', undefined, [], true],
  ['nothing and something', undefined, [1], false],
] as const) {
  coverage(`is the same: ${title}`, () => assert.is(isSame(a, b), expected));
}

coverage.run();
