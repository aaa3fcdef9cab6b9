// What one request leaves behind by any route must be gone for the next; these guests try all of them.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { Snapshot } from '../../../lib/wasm/snapshot.js';
import { instantiate } from '../../support/instance.js';
import { exportedFunction, hasTwoMemories, hostMemories, outcomeOf } from '../../support/rewritten-guest.js';
import { wat } from '../../support/wat.js';

const snapshots = suite('wasm/snapshot');
const page = 65536;

interface Warm {
  readonly snapshot: Snapshot;
  readonly memory: WebAssembly.Memory;
  readonly call: (name: string, ...values: readonly unknown[]) => string;
}

function warm(fields: string, headroomPages: number, epochChecks = false): Warm {
  const { bytes, layout } = rewriteModule(wat(`(module ${fields})`), { limits: { memoryPages: 20, tableElements: 10 }, headroomPages, epochChecks });
  const instance = instantiate(bytes, hostMemories(layout).imports);
  if (instance.exports['init'] !== undefined) exportedFunction(instance, 'init')();
  const snapshot = Snapshot.take(instance, layout);
  const memory = instance.exports[layout.memory ?? ''];
  return {
    snapshot,
    memory: memory instanceof WebAssembly.Memory ? memory : new WebAssembly.Memory({ initial: 0 }),
    call: (name, ...values) => outcomeOf(() => exportedFunction(instance, name)(...values)),
  };
}

const guest = `(memory (export "memory") 2 10) (data (i32.const 100) "first")
  (func (export "write") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
  (func (export "read") (param i32) (result i32) (i32.load (local.get 0)))
  (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
  (func (export "size") (result i32) (memory.size))
  (func (export "fill") (param i32 i32) (memory.fill (local.get 0) (i32.const 0x5e) (local.get 1)))`;

snapshots('what was written is gone, what was there is back', () => {
  const { snapshot, call } = warm(guest, 0);
  const first = call('read', 100);
  assert.is(call('write', 100, 7), 'gives undefined');
  assert.is(call('write', 2 * page - 4, 7), 'gives undefined');
  snapshot.restore();
  assert.is(call('read', 100), first);
  assert.is(call('read', 2 * page - 4), 'gives 0');
});

snapshots('without pages to spare an access behind the end traps, before and after', () => {
  const { snapshot, call } = warm(guest, 0);
  for (let request = 0; request < 3; request += 1) {
    assert.is(call('write', 2 * page, 7), 'traps: memory access out of bounds');
    snapshot.restore();
  }
});

snapshots('what was written behind the end but within the spare pages is not seen by the next request', () => {
  const { snapshot, call, memory } = warm(guest, 4);
  assert.is(memory.buffer.byteLength, 6 * page);
  assert.is(call('write', 5 * page, 0x5ec4e7), 'gives undefined');
  assert.is(call('write', 6 * page, 1), 'traps: memory access out of bounds');
  snapshot.restore();
  assert.is(call('grow', 4), 'gives 2');
  assert.is(call('read', 5 * page), 'gives 0');
  assert.not(snapshot.hasGrown);
});

snapshots('growth within the spare pages is taken back, and what was put there', () => {
  const { snapshot, call } = warm(guest, 4);
  for (let request = 0; request < 3; request += 1) {
    assert.is(call('size'), 'gives 2');
    assert.is(call('grow', 3), 'gives 2');
    assert.is(call('size'), 'gives 5');
    assert.is(call('read', 4 * page), 'gives 0');
    assert.is(call('fill', 2 * page, 3 * page), 'gives undefined');
    snapshot.restore();
  }
});

snapshots('growth beyond the spare pages works, and costs the instance', () => {
  const { snapshot, call, memory } = warm(guest, 2);
  assert.is(call('grow', 3), 'gives 2');
  assert.is(call('size'), 'gives 5');
  assert.is(memory.buffer.byteLength, 5 * page);
  assert.ok(snapshot.hasGrown);
  assert.throws(() => snapshot.restore(), 'an instance whose memory has grown cannot be put back');
});

snapshots('growth without spare pages costs the instance', () => {
  const { snapshot, call } = warm(guest, 0);
  assert.is(call('grow', 1), 'gives 2');
  assert.ok(snapshot.hasGrown);
});

snapshots('a guest cannot grow beyond its maximum by what it believes to have, and a refusal changes nothing', () => {
  const { snapshot, call } = warm(guest, 4);
  for (const pages of [9, 100, 65536, -1]) assert.is(call('grow', pages), 'gives -1');
  assert.is(call('grow', 8), 'gives 2');
  assert.is(call('grow', 1), 'gives -1');
  assert.is(call('grow', 0), 'gives 10');
  assert.ok(snapshot.hasGrown);
});

snapshots('spare pages end at the maximum', () => {
  const { call, memory } = warm(guest.replace('2 10', '2 3'), 4);
  assert.is(memory.buffer.byteLength, 3 * page);
  assert.is(call('grow', 1), 'gives 2');
  assert.is(call('grow', 1), 'gives -1');
});

snapshots('while a guest starts it has no pages to spare, and what it grows by then is its own', () => {
  const init = `(global $trapped (mut i32) (i32.const 0)) (func (export "init") (drop (memory.grow (i32.const 1))) (i32.store (i32.const 131072) (i32.const 5)))`;
  const { snapshot, call, memory } = warm(guest + init, 2);
  assert.is(memory.buffer.byteLength, 5 * page);
  assert.is(call('size'), 'gives 3');
  assert.is(call('write', 2 * page, 9), 'gives undefined');
  snapshot.restore();
  assert.is(call('read', 2 * page), 'gives 5');
  const segment = wat('(module (memory 1 9) (data (i32.const 65536) "x") (func (drop (memory.grow (i32.const 1)))))');
  const { bytes } = rewriteModule(segment, { limits: { memoryPages: 20, tableElements: 0 }, headroomPages: 4, epochChecks: false });
  assert.throws(() => instantiate(bytes), /data segment 0 is out of bounds|out of bounds/);
});

snapshots('traps in the middle leave nothing', () => {
  const { snapshot, call } = warm(`${guest} (global $g (mut i64) (i64.const 1)) (func (export "g") (result i64) (global.get $g))
    (func (export "trap") (global.set $g (i64.const 2)) (i32.store (i32.const 0) (i32.const 3)) (drop (memory.grow (i32.const 1))) unreachable)`, 4);
  assert.is(call('trap'), 'traps: unreachable');
  snapshot.restore();
  assert.equal([call('g'), call('read', 0), call('size')], ['gives 1', 'gives 0', 'gives 2']);
});

snapshots('an exhausted stack leaves nothing', () => {
  const { snapshot, call } = warm(`${guest} (global $g (mut i32) (i32.const 1)) (func (export "g") (result i32) (global.get $g))
    (func $deep (export "deep") (global.set $g (i32.add (global.get $g) (i32.const 1))) (call $deep))`, 0);
  assert.match(call('deep'), /stack/);
  snapshot.restore();
  assert.is(call('g'), 'gives 1');
});

const globals: readonly (readonly [string, string, string, string])[] = [
  ['an i32', 'i32', '(i32.const 0x80000001)', '(i64.extend_i32_u (global.get 0))'],
  ['an i64', 'i64', '(i64.const 0x8000000000000001)', '(global.get 0)'],
  ['a NaN with a payload in an f32', 'f32', '(f32.const -nan:0x512345)', '(i64.extend_i32_u (i32.reinterpret_f32 (global.get 0)))'],
  ['a signalling NaN in an f32', 'f32', '(f32.const nan:0x000001)', '(i64.extend_i32_u (i32.reinterpret_f32 (global.get 0)))'],
  ['a NaN with a payload in an f64', 'f64', '(f64.const -nan:0x8123456789abc)', '(i64.reinterpret_f64 (global.get 0))'],
  ['a signalling NaN in an f64', 'f64', '(f64.const nan:0x0000000000001)', '(i64.reinterpret_f64 (global.get 0))'],
  ['the lower half of a vector', 'v128', '(v128.const i64x2 0x8000000000000001 2)', '(i64x2.extract_lane 0 (global.get 0))'],
  ['the upper half of a vector', 'v128', '(v128.const i64x2 1 0xfff8000000000002)', '(i64x2.extract_lane 1 (global.get 0))'],
];
for (const [title, type, value, bits] of globals) {
  snapshots(`${title} comes back bit by bit`, () => {
    const zero = type === 'v128' ? '(v128.const i64x2 0 0)' : `(${type}.const 0)`;
    const { snapshot, call } = warm(`(global (mut ${type}) ${zero}) (func (export "init") (global.set 0 ${value}))
      (func (export "set") (global.set 0 ${zero})) (func (export "bits") (result i64) ${bits})`, 0);
    const before = call('bits');
    assert.is.not(before, 'gives 0');
    for (let request = 0; request < 2; request += 1) {
      call('set');
      assert.is(call('bits'), 'gives 0');
      snapshot.restore();
      assert.is(call('bits'), before);
    }
  });
}

snapshots('a memory that the host makes is put back like any other', () => {
  const { snapshot, call, memory } = warm(guest.replace('(memory (export "memory") 2 10)', '(import "env" "memory" (memory 2 10))'), 1);
  assert.is(memory.buffer.byteLength, 3 * page);
  call('write', 2 * page, 1);
  call('write', 0, 1);
  snapshot.restore();
  assert.equal([call('read', 0), call('read', 2 * page), call('size')], ['gives 0', 'gives 0', 'gives 2']);
});

snapshots('a snapshot holds the stretches that are not zero', () => {
  const { snapshot } = warm(`(memory 16) (data (i32.const 70000) "${'x'.repeat(5000)}")`, 0);
  assert.is(snapshot.byteLength, 2 * 4096);
  assert.is(warm('(memory 16)', 0).snapshot.byteLength, 0);
  assert.is(warm('(memory 1) (data (i32.const 65535) "x")', 0).snapshot.byteLength, 4096);
  assert.is(warm('(func)', 0).snapshot.byteLength, 0);
});

snapshots('there is none of a module that is not resettable', () => {
  const { bytes, layout } = rewriteModule(wat('(module (table (export "t") 1 funcref))'), { limits: { memoryPages: 1, tableElements: 1 }, headroomPages: 0, epochChecks: false });
  assert.throws(() => Snapshot.take(instantiate(bytes), layout), /not resettable/);
});

if (hasTwoMemories) {
  snapshots('deadline checks change nothing of this', () => {
    const { snapshot, call } = warm(guest, 3, true);
    call('write', 4 * page, 7);
    call('grow', 3);
    snapshot.restore();
    assert.equal([call('size'), call('grow', 3), call('read', 4 * page)], ['gives 2', 'gives 2', 'gives 0']);
  });
}

snapshots.run();
