import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxModuleBytes, maxSections } from '../../../lib/wasm/ceilings.js';
import { makeSection, readSections, sectionId, writeModule } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, repeated, section } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const sections = suite('wasm/sections');

sections('an empty module has none', () => {
  assert.equal(readSections(moduleOf()), []);
});

sections('lists what stands in the module, in the order of the file', () => {
  const module = wat(`(module
    (type (func)) (import "a" "b" (func (type 0))) (table 1 funcref) (memory 1) (tag) (global i32 (i32.const 0))
    (export "f" (func 1)) (start 1) (elem (i32.const 0) 1) (data (i32.const 0) "x") (data "y")
    (func (type 0) (memory.init 1 (i32.const 0) (i32.const 0) (i32.const 0))))`);
  const ids = readSections(module).map(({ id }) => id);
  const { type, function: functions, table, memory, tag, global, export: exports, start, element, dataCount, code, data } = sectionId;
  assert.equal(ids, [type, sectionId.import, functions, table, memory, tag, global, exports, start, element, dataCount, code, data]);
  assert.equal(writeModule(readSections(module)), module);
});

sections('a module written back is the same to the byte, padded lengths included', () => {
  const padded = moduleOf(bytes(0, 0x82, 0x80, 0x80, 0x80, 0x00, 1, 0x61), section(1, bytes(0)));
  assert.equal(writeModule(readSections(padded)), padded);
});

sections('a new section gets the shortest length', () => {
  assert.equal([...makeSection(0, bytes(1, 0x61, 7)).encoded], [0, 3, 1, 0x61, 7]);
});

const refused: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['nothing', bytes(), 'WASM_NOT_A_MODULE', 'its bytes do not begin with the magic number of WebAssembly'],
  ['a web page', new TextEncoder().encode('<!doctype html>'), 'WASM_NOT_A_MODULE', 'its bytes do not begin with the magic number of WebAssembly'],
  ['the text format', new TextEncoder().encode('(module)'), 'WASM_NOT_A_MODULE', 'its bytes do not begin with the magic number of WebAssembly'],
  ['a magic number alone', bytes(0, 0x61, 0x73, 0x6d), 'WASM_NOT_A_MODULE', 'it is an unknown version of the format, and only core modules of version 1 can be run'],
  ['a component', bytes(0, 0x61, 0x73, 0x6d, 0x0d, 0, 1, 0), 'WASM_NOT_A_MODULE', 'it is a component, and only core modules of version 1 can be run'],
  ['a section of an unknown kind', moduleOf(section(14)), 'WASM_MALFORMED', 'the module holds a section of the unknown kind 14'],
  ['a section without a length', moduleOf(bytes(1)), 'WASM_TRUNCATED', 'the module ends in the middle of an entry'],
  ['a section longer than the module', moduleOf(bytes(1, 5, 0)), 'WASM_TRUNCATED', 'the module announces 5 bytes where 1 are left'],
  ['a section of four gigabytes', moduleOf(bytes(1, 0xff, 0xff, 0xff, 0xff, 0x0f)), 'WASM_TRUNCATED', 'the module announces 4294967295 bytes where 0 are left'],
  ['a section twice', moduleOf(section(5, bytes(0)), section(5, bytes(0))), 'WASM_MALFORMED', 'its memory section is repeated or out of order'],
  ['sections out of order', moduleOf(section(3, bytes(0)), section(0, bytes(0)), section(1, bytes(0))), 'WASM_MALFORMED', 'its type section is repeated or out of order'],
  ['more sections than allowed', moduleOf(repeated(maxSections + 1, section(0, bytes(0)))), 'WASM_LIMIT_EXCEEDED', 'it has more than 1000 sections'],
  ['more bytes than allowed', new Uint8Array(maxModuleBytes + 1), 'WASM_LIMIT_EXCEEDED', 'it has 67108865 bytes and at most 67108864 are allowed'],
];
for (const [title, module, code, message] of refused) {
  sections(`refuses ${title}`, () => {
    const fault = faultOf(() => readSections(module));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

sections('takes as many sections as allowed', () => {
  assert.is(readSections(moduleOf(repeated(maxSections, section(0, bytes(0))))).length, maxSections);
});

sections.run();
