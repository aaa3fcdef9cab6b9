import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxGlobals } from '../../../lib/wasm/ceilings.js';
import { readGlobals } from '../../../lib/wasm/globals.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const globals = suite('wasm/globals');
const read = (module: Uint8Array) => readGlobals(readSections(module)).map(({ index, type, mutable, imported }) => [index, type, mutable, imported].join(' '));

globals('imported globals come first, each with its type', () => {
  const module = wat(`(module (import "a" "f" (func)) (import "a" "x" (global i64)) (import "a" "y" (global (mut f32)))
    (global (mut v128) (v128.const i64x2 0x0b0b0b0b 1)) (global f64 (f64.const 0x1.0b0b0bp7)) (global funcref (ref.func 0)) (global (mut externref) (ref.null extern)) (global i64 (global.get 0)))`);
  assert.equal(read(module), ['0 i64 false true', '1 f32 true true', '2 v128 true false', '3 f64 false false', '4 funcref false false', '5 externref true false', '6 i64 false false']);
});

globals('a beginning of several instructions is passed over', () => {
  assert.equal(read(moduleOf(section(6, bytes(2, 0x7f, 1, 0x41, 11, 0x41, 11, 0x6c, 0x0b, 0x7f, 0, 0x41, 1, 0x0b)))), ['0 i32 true false', '1 i32 false false']);
});

const refused: readonly (readonly [string, Uint8Array, string])[] = [
  ['an unknown type', bytes(1, 0x10, 0, 0x41, 0, 0x0b), 'WASM_MALFORMED'],
  ['a beginning without an end', bytes(1, 0x7f, 0, 0x41, 0), 'WASM_TRUNCATED'],
  ['bytes behind the last global', bytes(1, 0x7f, 0, 0x41, 0, 0x0b, 0), 'WASM_MALFORMED'],
  ['more globals than allowed', vector(maxGlobals + 1, bytes(0x7f, 0, 0x41, 0, 0x0b)), 'WASM_LIMIT_EXCEEDED'],
];
for (const [title, content, code] of refused) {
  globals(`refuses ${title}`, () => {
    assert.is(faultOf(() => read(moduleOf(section(6, content)))).code, code);
  });
}

globals.run();
