// Operations on tables as functions against the engine's own, on tables of every kind.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { instantiate } from '../../support/instance.js';
import { exportedFunction, outcomeOf } from '../../support/rewritten-guest.js';
import { wat } from '../../support/wat.js';

const tables = suite('wasm/table-operations');

const module = wat(`(module
  (import "a" "t" (table $imported 4 9 externref))
  (table $f 4 9 funcref) (table $x 5 9 externref)
  (elem $e func $one $two) (elem (table $f) (i32.const 0) func $one $one) (elem declare func $two)
  (func $one (result i32) (i32.const 1)) (func $two (result i32) (i32.const 2))
  (func (export "call") (param i32) (result i32) (call_indirect $f (result i32) (local.get 0)))
  (func (export "isNull") (param i32) (result i32) (ref.is_null (table.get $imported (local.get 0))))
  (func (export "size") (result i32) (i32.add (table.size $f) (i32.mul (i32.const 100) (table.size $x))))
  (func (export "init") (param i32 i32 i32) (table.init $f $e (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (table.copy $f $f (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copyAcross") (param i32 i32 i32) (table.copy $imported $x (local.get 0) (local.get 1) (local.get 2)))
  (func (export "fill") (param i32 i32) (table.fill $f (local.get 0) (ref.func $two) (local.get 1)))
  (func (export "fillOther") (param externref) (table.fill $x (i32.const 0) (local.get 0) (i32.const 5)))
  (func (export "grow") (param i32) (result i32) (table.grow $f (ref.func $two) (local.get 0)))
  (func (export "growOther") (param externref i32) (result i32) (table.grow $x (local.get 0) (local.get 1))))`);

const scripts: Readonly<Record<string, readonly (readonly [name: string, ...values: readonly unknown[]])[]>> = {
  'elements are written from a segment': [['init', 2, 0, 2], ['call', 2], ['call', 3], ['init', 3, 0, 2], ['init', 0, 1, 2], ['call', 0]],
  'elements are copied within a table': [['init', 2, 0, 2], ['copy', 1, 2, 2], ['call', 1], ['call', 2], ['copy', 3, 2, 2]],
  'elements are copied into a table of the host': [['fillOther', 'text'], ['isNull', 0], ['copyAcross', 0, 1, 4], ['isNull', 0], ['copyAcross', 1, 0, 4]],
  'a table is filled': [['fill', 1, 3], ['call', 1], ['call', 3], ['fill', 2, 3], ['call', 0]],
  'tables grow up to their limit': [['grow', 2], ['size'], ['call', 5], ['growOther', 'text', 3], ['size'], ['grow', 100], ['grow', 4], ['grow', 1]],
};
for (const [title, script] of Object.entries(scripts)) {
  tables(`${title} as before`, () => {
    const { bytes, isInterruptible } = rewriteModule(module, { limits: { memoryPages: 1, tableElements: 20 }, headroomPages: 0, epochChecks: false });
    assert.ok(isInterruptible);
    const played = (guest: Uint8Array): readonly string[] => {
      const table = new WebAssembly.Table({ element: 'externref', initial: 4, maximum: 9 }, null);
      const instance = instantiate(guest, { a: { t: table } });
      return script.map(([name, ...values]) => `${name} ${outcomeOf(() => exportedFunction(instance, name)(...values))}`);
    };
    assert.equal(played(bytes), played(module));
  });
}

tables.run();
