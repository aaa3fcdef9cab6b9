import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { bytes, moduleOf, section } from '../../support/module-bytes.js';
import { wat } from '../../support/wat.js';

const resettable = suite('wasm/resettable');

const limits = { memoryPages: 100, tableElements: 1000 };
const judged = (module: Uint8Array) => rewriteModule(module, { limits, headroomPages: 0, epochChecks: false });
const reasonsOf = (module: Uint8Array): readonly string[] => {
  const { resettability } = judged(module);
  return resettability.kind === 'resettable' ? [] : resettability.reasons;
};

const proven: readonly (readonly [string, string])[] = [
  ['has nothing', ''],
  ['has memory and globals of every type', '(memory (export "m") 1) (global (mut i32) (i32.const 1)) (global (mut i64) (i64.const 1)) (global (mut f32) (f32.const 1)) (global (mut f64) (f64.const 1)) (global (mut v128) (v128.const i64x2 1 1))'],
  ['exports a global that can change', '(global (export "g") (mut i32) (i32.const 1))'],
  ['imports its memory', '(import "env" "memory" (memory 1))'],
  ['imports a global that stays', '(import "env" "g" (global i32))'],
  ['has a table of functions that it calls', '(table 2 funcref) (elem (i32.const 0) $f) (func $f) (func (call_indirect (i32.const 0)))'],
  ['reads its tables', '(table 2 funcref) (func (drop (table.get (i32.const 0))) (drop (table.size)))'],
  ['has a constant reference', '(global funcref (ref.null func))'],
  ['copies from a segment that it keeps', '(memory 1) (data $d "x") (func (memory.init $d (i32.const 0) (i32.const 0) (i32.const 1)))'],
  ['fills, copies and grows its memory', '(memory 1) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 0)) (memory.copy (i32.const 0) (i32.const 0) (i32.const 0)) (drop (memory.grow (i32.const 1))))'],
  ['has tags that it does not throw', '(tag (param i32))'],
];
for (const [title, fields] of proven) {
  resettable(`a module that ${title} is resettable`, () => {
    assert.equal(reasonsOf(wat(`(module ${fields})`)), []);
  });
}

const head = '(import "a" "b" (func)) (table $t 2 funcref) (memory 1) (data $d "x") (elem $e func $f) (func $f)';
const notProven: readonly (readonly [string, string, readonly string[]])[] = [
  ['table.set', `${head} (func (table.set (i32.const 0) (ref.null func)))`, ['it writes to a table (table.set in function 2)']],
  ['table.init', `${head} (func (table.init $e (i32.const 0) (i32.const 0) (i32.const 0)))`, ['it writes to a table (table.init in function 2)']],
  ['table.copy', `${head} (func (table.copy (i32.const 0) (i32.const 0) (i32.const 0)))`, ['it writes to a table (table.copy in function 2)']],
  ['table.fill', `${head} (func (table.fill (i32.const 0) (ref.null func) (i32.const 0)))`, ['it writes to a table (table.fill in function 2)']],
  ['table.grow', `${head} (func (drop (table.grow (ref.null func) (i32.const 0))))`, ['it grows a table (table.grow in function 2)']],
  ['data.drop', `${head} (func) (func (data.drop $d)) (func (data.drop $d))`, ['it drops a data segment (data.drop in function 3)']],
  ['elem.drop', `${head} (func (elem.drop $e))`, ['it drops an element segment (elem.drop in function 2)']],
  ['a table that is exported', '(table (export "t") 1 funcref)', ['it exports a table']],
  ['a table that is imported', '(import "a" "t" (table 1 funcref))', ['it imports a table']],
  ['a global that is imported and can change', '(import "a" "g" (global (mut i32)))', ['it imports a mutable global']],
  ['a global that can change its reference', '(global (mut externref) (ref.null extern))', ['it has a mutable global that holds a reference']],
  ['several of these', `${head} (export "t" (table 0)) (func (elem.drop $e) (data.drop $d))`, ['it drops a data segment (data.drop in function 2)', 'it drops an element segment (elem.drop in function 2)', 'it exports a table']],
];
for (const [title, fields, reasons] of notProven) {
  resettable(`a module with ${title} is not, and can be stopped`, () => {
    assert.equal(reasonsOf(wat(`(module ${fields})`)), reasons);
    assert.ok(judged(wat(`(module ${fields})`)).isInterruptible);
  });
}

const unknown = (what: string): readonly string[] => [`it uses ${what}, which is not supported: it cannot be proven resettable, and its code is not made interruptible`];
const notUnderstood: readonly (readonly [string, Uint8Array, readonly string[]])[] = [
  ['exceptions', wat('(module (tag $t) (func (throw $t)))'), unknown('the instruction 0x08')],
  ['a global of an unknown beginning', moduleOf(section(6, bytes(1, 0x6e, 0, 0xd0, 0x6e, 0x0b))), unknown('a reference to 0x6e')],
  ['a global shared between threads', moduleOf(section(6, bytes(1, 0x7f, 3, 0x41, 0, 0x0b))), unknown('a global that is shared between threads')],
  ['a data segment at an unknown place', moduleOf(section(5, bytes(1, 0, 1)), section(11, bytes(1, 0, 0xfb, 0x1c, 0x0b, 0))), unknown('the instruction 0xfb')],
];
for (const [title, module, reasons] of notUnderstood) {
  resettable(`a module with ${title} is not, and nobody promises to stop it`, () => {
    assert.equal(reasonsOf(module), reasons);
    assert.not(judged(module).isInterruptible);
  });
}

resettable.run();
