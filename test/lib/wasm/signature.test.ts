import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxArity, maxFields, maxTypes } from '../../../lib/wasm/ceilings.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { formatSignature, readTypes, signatureAt } from '../../../lib/wasm/signature.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, oneType, repeated, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const signature = suite('wasm/signature');

/** The types of a type section as text, `-` for those that are no function. */
function typesOf(...content: readonly Uint8Array[]): readonly string[] {
  return readTypes(readSections(moduleOf(section(1, ...content)))).map((type) => (type === undefined ? '-' : formatSignature(type)));
}

signature('types read as the text format writes them', () => {
  const module = wat(`(module
    (type (func)) (type (func (param i32 i64) (result i32))) (type (func (param f32 f64 v128) (result i32 f64))) (type (func (param funcref externref))))`);
  const texts = readTypes(readSections(module)).map((type) => type && formatSignature(type));
  assert.equal(texts, ['() -> ()', '(i32, i64) -> i32', '(f32, f64, v128) -> (i32, f64)', '(funcref, externref) -> ()']);
});

signature('a module without types has none', () => {
  assert.equal(readTypes([]), []);
});

const newerTypes: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['typed function references, as Go emits them', bytes(1, 0x60, 2, 0x63, 0, 0x64, 0x70, 1, 0x63, 0x6f), ['((ref null 0), (ref func)) -> (ref null extern)']],
  ['references to types with large indices', bytes(1, 0x60, 1, 0x64, 0xc0, 0x00, 0), ['((ref 64)) -> ()']],
  ['short forms of references', bytes(1, 0x60, 4, 0x6e, 0x6d, 0x71, 0x69, 0), ['(anyref, eqref, noneref, exnref) -> ()']],
  ['structs and arrays, which no import can have', bytes(3, 0x5f, 3, 0x7f, 1, 0x78, 0, 0x63, 0, 1, 0x5e, 0x77, 1, 0x60, 0, 0), ['-', '-', '() -> ()']],
  ['groups of types', bytes(2, 0x4e, 2, 0x60, 0, 0, 0x5f, 0, 0x60, 1, 0x7e, 0), ['() -> ()', '-', '(i64) -> ()']],
  ['subtypes', bytes(2, 0x50, 0, 0x60, 0, 0, 0x4f, 1, 0, 0x60, 0, 1, 0x7f), ['() -> ()', '() -> i32']],
];
for (const [title, content, texts] of newerTypes) {
  signature(`reads ${title}`, () => {
    assert.equal(typesOf(content), texts);
  });
}

const refused: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['an unknown kind of type', bytes(1, 0x61), 'WASM_MALFORMED', 'holds the unknown kind of type 0x61'],
  ['an unknown value type', bytes(1, 0x60, 1, 0x01, 0), 'WASM_MALFORMED', 'holds the unknown value type 0x1'],
  ['a reference to an unknown built-in type', bytes(1, 0x60, 1, 0x63, 0x41, 0), 'WASM_MALFORMED', 'holds a reference to an unknown built-in type'],
  ['a type cut off', bytes(1, 0x60, 0), 'WASM_TRUNCATED', 'ends in the middle of an entry'],
  ['bytes after the last type', bytes(1, 0x60, 0, 0, 0), 'WASM_MALFORMED', 'holds 1 bytes after its last entry'],
  ['more types than allowed', vector(maxTypes + 1, bytes(0x60, 0, 0)), 'WASM_LIMIT_EXCEEDED', '10001 types'],
  ['more types than allowed by groups', Uint8Array.from([2, 0x60, 0, 0, 0x4e, ...vector(maxTypes, bytes(0x60, 0, 0))]), 'WASM_LIMIT_EXCEEDED', '10000 types'],
  ['more parameters than allowed', Uint8Array.from([1, 0x60, ...vector(maxArity + 1, bytes(0x7f)), 0]), 'WASM_LIMIT_EXCEEDED', '257 parameters or results of one function'],
  ['more results than allowed', Uint8Array.from([1, 0x60, 0, ...vector(maxArity + 1, bytes(0x7f))]), 'WASM_LIMIT_EXCEEDED', '257 parameters or results of one function'],
  ['more fields than allowed', Uint8Array.from([1, 0x5f, ...vector(maxFields + 1, bytes(0x7f, 0))]), 'WASM_LIMIT_EXCEEDED', '10001 fields'],
  ['two supertypes', bytes(1, 0x50, 2, 0, 0, 0x60, 0, 0), 'WASM_LIMIT_EXCEEDED', '2 supertypes'],
];
for (const [title, content, code, message] of refused) {
  signature(`refuses ${title}`, () => {
    const fault = faultOf(() => typesOf(content));
    assert.is(fault.code, code);
    assert.ok(fault.message.includes(message), fault.message);
  });
}

signature('as many parameters and types as allowed are read', () => {
  assert.is(readTypes(readSections(moduleOf(oneType(maxArity))))[0]?.params.length, maxArity);
  assert.is(typesOf(vector(maxTypes, bytes(0x60, 0, 0))).length, maxTypes);
});

signature('different signatures have different texts', () => {
  const [i32, i64] = ['i32', 'i64'];
  const all = [[[], []], [[i32], []], [[], [i32]], [[i32, i64], [i32]], [[i64, i32], [i32]], [[i32], [i64, i32]], [[], [i32, i32]]] as const;
  const texts = all.map(([params, results]) => formatSignature({ params, results }));
  assert.is(new Set(texts).size, all.length, texts.join('; '));
});

signature('an index that names no function type is refused', () => {
  const types = readTypes(readSections(moduleOf(section(1, bytes(1, 0x5f, 0)))));
  for (const index of [0, 1, 0xffffffff]) {
    assert.is(faultOf(() => signatureAt(types, index)).message, `cannot use the Wasm module: it takes type ${index} for a function type, and that is none`);
  }
});

signature('thirty bytes cannot announce a gigabyte of parameters', () => {
  assert.is(faultOf(() => typesOf(bytes(1, 0x60), repeated(4, bytes(0xff)), bytes(0x0f))).code, 'WASM_LIMIT_EXCEEDED');
});

signature.run();
