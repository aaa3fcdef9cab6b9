import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Cursor } from '../../../lib/wasm/cursor.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes } from '../../support/module-bytes.js';

const cursor = suite('wasm/cursor');
const over = (...values: readonly number[]): Cursor => new Cursor(bytes(...values), 'the test');

cursor('reads bytes, ranges and names one after the other', () => {
  const reader = over(7, 1, 2, 3, 0xc3, 0xa9);
  assert.is(reader.byte(), 7);
  assert.equal([...reader.take(2)], [1, 2]);
  assert.not(reader.done);
  assert.is(over(2, 0xc3, 0xa9).name(), 'é');
  assert.is(over(3, 0xef, 0xbb, 0xbf).name(), '\ufeff', 'a byte order mark is part of a name');
});

const refused: readonly (readonly [string, readonly number[], (reader: Cursor) => unknown, string, string])[] = [
  ['a byte past the end', [], (reader) => reader.byte(), 'WASM_TRUNCATED', 'the test ends in the middle of an entry'],
  ['a range past the end', [1, 2], (reader) => reader.take(3), 'WASM_TRUNCATED', 'the test announces 3 bytes where 2 are left'],
  ['a name past the end', [0xff, 0xff, 0xff, 0xff, 0x0f], (reader) => reader.name(), 'WASM_TRUNCATED', 'the test announces 4294967295 bytes where 0 are left'],
  ['a name that is not UTF-8', [1, 0xff], (reader) => reader.name(), 'WASM_MALFORMED', 'the test holds a name that is not UTF-8'],
  ['more entries than allowed', [11], (reader) => reader.count(10, 'things'), 'WASM_LIMIT_EXCEEDED', 'it has 11 things and at most 10 are allowed'],
  ['more entries than bytes', [3, 0, 0], (reader) => reader.count(10, 'things'), 'WASM_TRUNCATED', 'the test announces 3 things in 2 bytes'],
  ['bytes after the last entry', [0], (reader) => reader.end(), 'WASM_MALFORMED', 'the test holds 1 bytes after its last entry'],
];
for (const [title, values, read, code, message] of refused) {
  cursor(`refuses ${title}`, () => {
    const fault = faultOf(() => read(over(...values)));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

cursor.run();
