import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxDataSegments } from '../../../lib/wasm/ceilings.js';
import { dataSegmentLengths } from '../../../lib/wasm/data-segments.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const segments = suite('wasm/data-segments');
const lengthsOf = (module: Uint8Array): readonly number[] => dataSegmentLengths(readSections(module));

segments('a module without data has none', () => {
  assert.equal(lengthsOf(moduleOf()), []);
});

segments('lengths come in the order of the segments, whatever their kind', () => {
  assert.equal(lengthsOf(wat('(module (import "a" "g" (global i32)) (memory 1) (data (i32.const 7) "abc") (data "") (data (global.get 0) "de") (data "f"))')), [3, 0, 2, 1]);
  assert.equal(lengthsOf(moduleOf(section(11, bytes(1, 2, 0, 0x41, 0, 0x0b, 2, 9, 9)))), [2], 'a segment that names its memory');
});

segments('an offset of several instructions is passed over', () => {
  assert.equal(lengthsOf(moduleOf(section(11, bytes(1, 0, 0x41, 11, 0x41, 11, 0x6a, 0x0b, 1, 9)))), [1]);
});

const refused: readonly (readonly [string, Uint8Array, string])[] = [
  ['a segment of an unknown kind', bytes(1, 3, 0), 'WASM_MALFORMED'],
  ['a segment that is cut off', bytes(1, 1, 5, 9), 'WASM_TRUNCATED'],
  ['an offset without an end', bytes(1, 0, 0x41, 0), 'WASM_TRUNCATED'],
  ['bytes behind the last segment', bytes(1, 1, 0, 9), 'WASM_MALFORMED'],
  ['more segments than allowed', vector(maxDataSegments + 1, bytes(1, 0)), 'WASM_LIMIT_EXCEEDED'],
];
for (const [title, content, code] of refused) {
  segments(`refuses ${title}`, () => {
    assert.is(faultOf(() => lengthsOf(moduleOf(section(11, content)))).code, code);
  });
}

segments.run();
