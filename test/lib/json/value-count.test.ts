import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isFault } from '../../../lib/fault.js';
import { isList, isMap, type Lossless } from '../../../lib/json/lossless.js';
import { assertValueCount } from '../../../lib/json/value-count.js';
import { faultOf } from '../../support/fault-of.js';
import { jsonTrees, spelled } from '../../support/json-trees.js';

const valueCount = suite('json/value-count');
const encoder = new TextEncoder();

/** Whether a text may be read where so many values may. */
function passes(text: string, most: number): boolean {
  try {
    assertValueCount(encoder.encode(text), most);
    return true;
  } catch (thrown) {
    if (!isFault(thrown, 'JSON_TOO_MANY_VALUES')) throw thrown;
    return false;
  }
}

/** Values in a tree. */
function size(tree: Lossless): number {
  if (isList(tree)) return tree.reduce((sum: number, item) => sum + size(item), 1);
  if (isMap(tree)) return [...tree.values()].reduce((sum: number, item) => sum + size(item), 1);
  return 1;
}

const texts: readonly (readonly [string, number])[] = [
  ['1', 1],
  ['"[1,2,{"', 1],
  ['"\\",[{"', 1],
  ['[]', 1],
  ['[ \t\r\n]', 1],
  ['{ }', 1],
  ['[1]', 2],
  ['[[[]]]', 3],
  ['{"a,b":[1,"]",{}],"c":null}', 6],
  ['[' + '{},'.repeat(9) + '{}]', 11],
];
for (const [text, count] of texts) {
  valueCount(`${text} holds ${count}`, () => {
    // Short texts pass without a look; white space makes them long.
    const long = text + ' '.repeat(2 * count + 2);
    assert.ok(passes(long, count));
    if (count > 1) assert.not.ok(passes(long, count - 1));
  });
}

valueCount('any tree is counted right, however it is spelled', () => {
  fc.assert(
    fc.property(jsonTrees, fc.nat(), (tree, seed) => {
      const count = size(tree);
      const text = spelled(tree, seed) + ' '.repeat(2 * count);
      assert.ok(passes(text, count));
      if (count > 1) assert.not.ok(passes(text, count - 1));
    }),
  );
});

valueCount('the message says the limit', () => {
  const fault = faultOf(() => assertValueCount(encoder.encode('[1,2,3]'), 3));
  assert.equal([fault.code, fault.message], ['JSON_TOO_MANY_VALUES', 'cannot read JSON: it holds more than 3 values']);
});

valueCount('of a text that is no JSON something is said, and nothing thrown but that', () => {
  for (const text of ['"', '"\\', '[', '{{{{', ',,,,,,,', ']]]]', '"a', '']) assert.ok(typeof passes(text + ' '.repeat(20), 1) === 'boolean');
});

valueCount.run();
