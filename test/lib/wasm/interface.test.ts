import { readFile } from 'node:fs/promises';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxExports, maxFunctions, maxImports } from '../../../lib/wasm/ceilings.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';
import { formatSignature } from '../../../lib/wasm/signature.js';
import { faultOf } from '../../support/fault-of.js';
import { bytes, moduleOf, name, oneType, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const face = suite('wasm/interface');
const none = { params: [], results: [] };

face('an empty module asks for nothing and offers nothing', () => {
  assert.equal(moduleInterface(moduleOf()), { imports: [], exports: [] });
});

face('imports come with their types, in the order of the file', () => {
  const module = wat(`(module
    (import "wapc" "__guest_request" (func (param i32 i32)))
    (import "env" "memory" (memory 2 5))
    (import "env" "table" (table 3 funcref))
    (import "env" "base" (global i32))
    (import "env" "sp" (global (mut i64)))
    (import "env" "thrown" (tag (param i32))))`);
  assert.equal(moduleInterface(module).imports, [
    { module: 'wapc', name: '__guest_request', kind: 'function', signature: { params: ['i32', 'i32'], results: [] } },
    { module: 'env', name: 'memory', kind: 'memory', extent: { initial: 2, maximum: 5 } },
    { module: 'env', name: 'table', kind: 'table', extent: { initial: 3 } },
    { module: 'env', name: 'base', kind: 'global', type: 'i32', mutable: false },
    { module: 'env', name: 'sp', kind: 'global', type: 'i64', mutable: true },
    { module: 'env', name: 'thrown', kind: 'tag', signature: { params: ['i32'], results: [] } },
  ]);
});

face('exported functions have the signatures of imported and own functions', () => {
  const module = wat(`(module
    (import "a" "imported" (func $imported (param f32))) (import "a" "memory" (memory 1))
    (func $own (param i32 i32) (result i32) (i32.const 0)) (func $other)
    (table 1 funcref) (global i32 (i32.const 0)) (tag)
    (export "passed on" (func $imported)) (export "own" (func $own)) (export "other" (func $other))
    (export "t" (table 0)) (export "m" (memory 0)) (export "g" (global 0)) (export "e" (tag 0)))`);
  assert.equal(moduleInterface(module).exports, [
    { name: 'passed on', kind: 'function', signature: { params: ['f32'], results: [] } },
    { name: 'own', kind: 'function', signature: { params: ['i32', 'i32'], results: ['i32'] } },
    { name: 'other', kind: 'function', signature: none },
    { name: 't', kind: 'table' },
    { name: 'm', kind: 'memory' },
    { name: 'g', kind: 'global' },
    { name: 'e', kind: 'tag' },
  ]);
});

face('names and kinds are those that V8 tells of a guest made by another toolchain', async () => {
  const module = await readFile(new URL('../../../../node_modules/@wapc/host/test/fixtures/rust_host_call.wasm', import.meta.url));
  const read = moduleInterface(module);
  const compiled = new WebAssembly.Module(module);
  const plain = (entry: { readonly name: string; readonly kind: string }) => [entry.name, entry.kind];
  assert.equal(read.imports.map(plain), WebAssembly.Module.imports(compiled).map(plain));
  assert.equal(read.exports.map(plain), WebAssembly.Module.exports(compiled).map(plain));
  const call = read.exports.find((entry) => entry.name === '__guest_call');
  assert.is(call?.kind === 'function' && formatSignature(call.signature), '(i32, i32) -> i32');
});

const functionSection = section(3, bytes(1, 0));
const oneImport = (kind: number, ...description: readonly number[]): Uint8Array => section(2, bytes(1), name('m'), name('n'), bytes(kind, ...description));
const oneExport = (kind: number, index: number): Uint8Array => section(7, bytes(1), name('n'), bytes(kind, index));

const refused: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['an import of an unknown kind', moduleOf(oneImport(5, 0)), 'WASM_MALFORMED', 'the import section holds an import of the unknown kind 5'],
  ['an import of a type that is missing', moduleOf(oneImport(0, 0)), 'WASM_MALFORMED', 'it takes type 0 for a function type, and that is none'],
  ['an import cut off', moduleOf(oneType(), oneImport(0)), 'WASM_TRUNCATED', 'the import section ends in the middle of an entry'],
  ['bytes after the last import', moduleOf(oneType(), oneImport(0, 0, 0)), 'WASM_MALFORMED', 'the import section holds 1 bytes after its last entry'],
  ['a function of a type that is missing', moduleOf(functionSection), 'WASM_MALFORMED', 'it takes type 0 for a function type, and that is none'],
  ['an export of a missing function', moduleOf(oneType(), functionSection, oneExport(0, 1)), 'WASM_MALFORMED', 'the export section holds an export of function 1, which does not exist'],
  ['an export of an unknown kind', moduleOf(oneExport(5, 0)), 'WASM_MALFORMED', 'the export section holds an export of the unknown kind 5'],
  ['bytes after the last export', moduleOf(section(7, bytes(0, 0))), 'WASM_MALFORMED', 'the export section holds 1 bytes after its last entry'],
  ['bytes after the last function', moduleOf(oneType(), section(3, bytes(1, 0, 0))), 'WASM_MALFORMED', 'the function section holds 1 bytes after its last entry'],
  ['more imports than allowed', moduleOf(oneType(), section(2, vector(maxImports + 1, bytes(0, 0, 0, 0)))), 'WASM_LIMIT_EXCEEDED', 'it has 1001 imports and at most 1000 are allowed'],
  ['more exports than allowed', moduleOf(section(7, vector(maxExports + 1, bytes(0, 3, 0)))), 'WASM_LIMIT_EXCEEDED', 'it has 10001 exports and at most 10000 are allowed'],
  ['more functions than allowed', moduleOf(oneType(), section(3, vector(maxFunctions + 1, bytes(0)))), 'WASM_LIMIT_EXCEEDED', 'it has 200001 functions and at most 200000 are allowed'],
];
for (const [title, module, code, message] of refused) {
  face(`refuses ${title}`, () => {
    const fault = faultOf(() => moduleInterface(module));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

face.run();
