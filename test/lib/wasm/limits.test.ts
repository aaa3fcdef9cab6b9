import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxGlobals, maxTables } from '../../../lib/wasm/ceilings.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';

import { faultOf } from '../../support/fault-of.js';
import { instantiate } from '../../support/instance.js';
import { limitMemory, limitModule, limitTables } from '../../support/limited.js';
import { bytes, moduleOf, section, vector } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const limits = suite('wasm/limits');
const pageBytes = 65536;

/** How far an exported memory or table grows, one step at a time. */
function sizeReached(module: Uint8Array, name: string): number {
  const grown = instantiate(module).exports[name];
  if (!(grown instanceof WebAssembly.Memory || grown instanceof WebAssembly.Table)) throw new Error(`no memory or table ${name}`);
  try {
    for (;;) grown.grow(1);
  } catch {
    return grown instanceof WebAssembly.Table ? grown.length : grown.buffer.byteLength / pageBytes;
  }
}

const memories: readonly (readonly [string, string, number])[] = [
  ['without a maximum grows to the limit', '1', 5],
  ['with a larger maximum grows to the limit', '1 65536', 5],
  ['with a smaller maximum keeps it', '1 3', 3],
  ['that begins at the limit stays there', '5', 5],
];
for (const [title, declaration, reached] of memories) {
  limits(`a memory ${title}`, () => {
    assert.is(sizeReached(limitMemory(wat(`(module (memory (export "m") ${declaration}))`), 5), 'm'), reached);
  });
}

const tables: readonly (readonly [string, string, number])[] = [
  ['without a maximum grows to the limit', '1 funcref', 7],
  ['with a larger maximum grows to the limit', '1 1000000 externref', 7],
  ['with a smaller maximum keeps it', '0 2 funcref', 2],
];
for (const [title, declaration, reached] of tables) {
  limits(`a table ${title}`, () => {
    assert.is(sizeReached(limitTables(wat(`(module (table (export "t") ${declaration}))`), 7), 't'), reached);
  });
}

limits('memory.grow inside the guest fails at the limit too', () => {
  const module = wat('(module (memory 1) (func (export "f") (result i32) (memory.grow (i32.const 9))))');
  const { f } = instantiate(limitMemory(module, 9)).exports;
  assert.is(typeof f === 'function' && Reflect.apply(f, undefined, []), -1);
});

limits('an imported memory asks its host for no more than the limit', () => {
  const limited = limitMemory(wat('(module (import "env" "memory" (memory 2)) (import "a" "b" (global i32)))'), 9);
  assert.equal(moduleInterface(limited).imports[0], { module: 'env', name: 'memory', kind: 'memory', extent: { initial: 2, maximum: 9 } });
  assert.throws(() => instantiate(limited, { env: { memory: new WebAssembly.Memory({ initial: 2, maximum: 10 }) }, a: { b: 0 } }), /maximum/);
  instantiate(limited, { env: { memory: new WebAssembly.Memory({ initial: 2, maximum: 9 }) }, a: { b: 0 } });
});

limits('several imported and own tables are each rewritten', () => {
  const module = wat('(module (import "a" "x" (table 1 funcref)) (import "a" "y" (table 1 4 funcref)) (table 1 99 externref) (table (export "t") 1 funcref))');
  const limited = limitTables(module, 6);
  assert.equal(moduleInterface(limited).imports.map((entry) => entry.kind === 'table' && entry.extent), [{ initial: 1, maximum: 6 }, { initial: 1, maximum: 4 }]);
  const table = (maximum: number): WebAssembly.Table => new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum });
  const { t } = instantiate(limited, { a: { x: table(6), y: table(4) } }).exports;
  assert.ok(t instanceof WebAssembly.Table && t.length === 1);
  assert.throws(() => t instanceof WebAssembly.Table && t.grow(6));
});

limits('a module within its limits is the same to the byte', () => {
  const module = wat('(module (memory 1 2) (table 1 2 funcref) (func (export "f")))');
  assert.equal(limitModule(module, { memoryPages: 2, tableElements: 2 }), module);
  const padded = moduleOf(section(5, bytes(1, 1, 0x81, 0x00, 0x82, 0x80, 0x00)));
  assert.equal(limitMemory(padded, 2), padded);
  const bare = wat('(module (func (export "f")))');
  assert.equal(limitModule(bare, { memoryPages: 0, tableElements: 0 }), bare);
});

limits('limiting twice changes nothing more', () => {
  const once = limitModule(wat('(module (memory 1) (table 1 funcref))'), { memoryPages: 300, tableElements: 300 });
  assert.equal(limitModule(once, { memoryPages: 300, tableElements: 300 }), once);
});

const initialised: readonly (readonly [string, readonly number[]])[] = [
  ['null', [0xd0, 0x70]],
  ['null of a type of its own', [0xd0, 0x00]],
  ['a function', [0xd2, 0x00]],
  ['a global', [0x23, 0x80, 0x01]],
];
for (const [title, instruction] of initialised) {
  limits(`a table whose elements begin as ${title} is limited like any other`, () => {
    const entry = (...extent: readonly number[]): readonly number[] => [0x40, 0x00, 0x70, ...extent, ...instruction, 0x0b];
    const limited = limitTables(moduleOf(section(4, bytes(2, ...entry(0, 1), ...entry(1, 1, 4)))), 3);
    assert.equal(limited, moduleOf(section(4, bytes(2, ...entry(1, 1, 3), ...entry(1, 1, 3)))));
  });
}

const both = { memoryPages: 10, tableElements: 10 };
const refused: readonly (readonly [string, Uint8Array, string, string])[] = [
  ['a memory that begins with more', wat('(module (memory 11))'), 'WASM_LIMIT_EXCEEDED', 'its memory begins with 11 pages of 64 KiB and at most 10 are allowed'],
  ['an imported memory that begins with more', wat('(module (import "m" "n" (memory 11 12)))'), 'WASM_LIMIT_EXCEEDED', 'its memory begins with 11 pages of 64 KiB and at most 10 are allowed'],
  ['a table of ten million elements in a few bytes', wat('(module (table 10000000 funcref))'), 'WASM_LIMIT_EXCEEDED', 'its tables begin with 10000000 elements and at most 10 are allowed'],
  ['tables that begin with more together', wat('(module (import "m" "n" (table 5 funcref)) (table 6 funcref))'), 'WASM_LIMIT_EXCEEDED', 'its tables begin with 11 elements and at most 10 are allowed'],
  ['two memories', wat('(module (memory 1) (memory 1))'), 'WASM_UNSUPPORTED', 'it has more than one memory'],
  ['an imported memory beside its own', wat('(module (import "m" "n" (memory 1)) (memory 1))'), 'WASM_UNSUPPORTED', 'it has more than one memory'],
  ['a shared memory', wat('(module (memory 1 2 shared))'), 'WASM_UNSUPPORTED', 'its memory is shared between threads'],
  ['a memory with 64-bit addresses', wat('(module (memory i64 1))'), 'WASM_UNSUPPORTED', 'its memory has 64-bit addresses'],
  ['a table with 64-bit addresses', moduleOf(section(4, bytes(1, 0x70, 4, 1))), 'WASM_UNSUPPORTED', 'its table has 64-bit addresses'],
  ['a table with an unknown mark', moduleOf(section(4, bytes(1, 0x40, 1, 0x70, 0, 1, 0xd0, 0x70, 0x0b))), 'WASM_MALFORMED', 'the table section holds a table with an unknown mark'],
  ['a table begun by arithmetic', moduleOf(section(4, bytes(1, 0x40, 0, 0x70, 0, 1, 0xfb, 0x0b))), 'WASM_UNSUPPORTED', 'one of its tables is initialised by the instruction 0xfb'],
  ['a table begun by two instructions', moduleOf(section(4, bytes(1, 0x40, 0, 0x70, 0, 1, 0xd0, 0x70, 0xd0, 0x70, 0x0b))), 'WASM_UNSUPPORTED', 'one of its tables is initialised by more than one instruction'],
  ['bytes after the last memory', moduleOf(section(5, bytes(1, 0, 1, 0))), 'WASM_MALFORMED', 'the memory section holds 1 bytes after its last entry'],
  ['more tables than allowed', moduleOf(section(4, vector(maxTables + 1, bytes(0x70, 0, 0)))), 'WASM_LIMIT_EXCEEDED', 'it has 11 tables and at most 10 are allowed'],
  ['whatever else the module declares too much of', moduleOf(section(6, vector(maxGlobals + 1, bytes(0x7f, 1, 0x41, 0, 0x0b)))), 'WASM_LIMIT_EXCEEDED', 'it has 10001 globals and at most 10000 are allowed'],
];
for (const [title, module, code, message] of refused) {
  limits(`refuses ${title}`, () => {
    const fault = faultOf(() => limitModule(module, both));
    assert.is(fault.code, code);
    assert.is(fault.message, `cannot use the Wasm module: ${message}`);
  });
}

limits.run();
