import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { maxFunctionBytes, maxRewrittenInstructions } from '../../../lib/wasm/ceilings.js';
import { customSection, withCustomSection } from '../../../lib/wasm/custom-section.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';
import { encodeU32, joinBytes } from '../../../lib/wasm/leb128.js';
import { rewriteModule, type RewriteOptions, type RewrittenModule } from '../../../lib/wasm/rewrite.js';
import { readSections, sectionId } from '../../../lib/wasm/sections.js';
import { faultOf } from '../../support/fault-of.js';
import { instantiate } from '../../support/instance.js';
import { bytes, moduleOf, name, oneType, repeated, section, vector } from '../../support/module-bytes.js';
import { exportedFunction, hasTwoMemories, hostMemories, mergedImports, outcomeOf } from '../../support/rewritten-guest.js';
import { wat } from '../../support/wat.js';

const rewriting = suite('wasm/rewrite');

const limits = { memoryPages: 50, tableElements: 100 };
const plainly: RewriteOptions = { limits, headroomPages: 0, epochChecks: false };
const checked: RewriteOptions = { ...plainly, epochChecks: true };

const exportNames = ({ bytes: module }: RewrittenModule): readonly string[] => moduleInterface(module).exports.map((entry) => entry.name);

rewriting('additions come behind what is there, under names of ours', () => {
  const rewritten = rewriteModule(wat('(module (memory (export "memory") 1) (func (export "f")))'), plainly);
  assert.equal(exportNames(rewritten), ['memory', 'f', 'wasmwarden.save', 'wasmwarden.restore', 'wasmwarden.memory']);
  assert.equal(rewritten.layout, {
    memory: 'wasmwarden.memory',
    globals: { save: 'wasmwarden.save', restore: 'wasmwarden.restore' },
    memoryImport: undefined,
    epochImport: undefined,
  });
});

rewriting('names that a module has taken are left to it', () => {
  const taken = ['wasmwarden.save', 'wasmwarden.memory', 'wasmwarden.memory.2', 'wasmwarden.restore.2'];
  const module = wat(`(module (import "wasmwarden" "epoch" (func)) (memory 1) ${taken.map((text) => `(func (export "${text}"))`).join('')})`);
  const rewritten = rewriteModule(module, plainly);
  assert.equal(exportNames(rewritten), [...taken, 'wasmwarden.save.2', 'wasmwarden.restore', 'wasmwarden.memory.3']);
  const { layout } = rewriteModule(module, checked);
  assert.equal([layout.memoryImport?.module, layout.epochImport], ['wasmwarden.2', { module: 'wasmwarden.2', name: 'epoch' }]);
});

rewriting('ten thousand names that look like ours cost no more than their length', () => {
  const entry = (number: number): Uint8Array => joinBytes(name(number === 1 ? 'wasmwarden.save' : `wasmwarden.save.${number}`), bytes(0), encodeU32(0));
  const entries = Array.from({ length: 10_000 }, (_, index) => entry(index + 1));
  const module = moduleOf(oneType(), section(3, bytes(1, 0)), section(7, encodeU32(entries.length), ...entries), section(10, bytes(1, 2, 0, 0x0b)));
  assert.is(rewriteModule(module, plainly).layout.globals?.save, 'wasmwarden.save.10001');
});

rewriting('a module without memory, code or anything else can be rewritten', () => {
  for (const text of ['(module)', '(module (func (export "f")))', '(module (global (export "g") (mut i32) (i32.const 4)))']) {
    const { bytes: module, layout } = rewriteModule(wat(text), { ...plainly, headroomPages: 5 });
    assert.is(layout.memory, undefined);
    const instance = instantiate(module);
    for (const word of ['save', 'restore']) exportedFunction(instance, `wasmwarden.${word}`)();
  }
});

rewriting('limits are written in, and what begins with more is refused', () => {
  const { bytes: module } = rewriteModule(wat('(module (memory 1) (table 1 funcref) (func (export "f") (result i32) (memory.grow (i32.const 50))))'), plainly);
  assert.is(outcomeOf(() => exportedFunction(instantiate(module), 'f')()), 'gives -1');
  assert.is(faultOf(() => rewriteModule(wat('(module (memory 51))'), plainly)).code, 'WASM_LIMIT_EXCEEDED');
  assert.is(faultOf(() => rewriteModule(wat('(module (table 101 funcref))'), plainly)).code, 'WASM_LIMIT_EXCEEDED');
  assert.is(faultOf(() => rewriteModule(wat('(module (memory 1) (memory 1))'), plainly)).code, 'WASM_UNSUPPORTED');
});

rewriting('an imported memory is described as the host has to make it', () => {
  const module = wat('(module (import "env" "memory" (memory 2)) (func (export "f") (result i32) (memory.size)))');
  for (const options of [plainly, { ...plainly, headroomPages: 7 }]) {
    const { bytes: rewritten, layout } = rewriteModule(module, options);
    assert.equal(layout.memoryImport, { module: 'env', name: 'memory', initialPages: 2, maximumPages: 50 });
    assert.is(outcomeOf(() => exportedFunction(instantiate(rewritten, hostMemories(layout).imports), 'f')()), 'gives 2');
  }
});

rewriting('a start function runs as before, on functions and globals with the same indices', () => {
  const module = wat(`(module (import "a" "b" (func $b (param i32))) (global $g (mut i32) (i32.const 3)) (memory 1)
    (func $start (call $b (global.get $g)) (memory.fill (i32.const 0) (i32.const 5) (i32.const 9))) (start $start))`);
  const seen: unknown[] = [];
  const { bytes: rewritten } = rewriteModule(module, { ...plainly, headroomPages: 3 });
  instantiate(rewritten, { a: { b: (value: unknown) => seen.push(value) } });
  assert.equal(seen, [3]);
});

rewriting('the names of functions stay, other custom sections go', () => {
  const module = withCustomSection(withCustomSection(wat('(module (func))'), 'name', bytes(0, 2, 1, 0x61)), '.debug_info', bytes(1, 2, 3));
  const { bytes: rewritten } = rewriteModule(module, plainly);
  assert.equal(customSection(rewritten, 'name'), bytes(0, 2, 1, 0x61));
  assert.is(readSections(rewritten).filter(({ id }) => id === sectionId.custom).length, 1);
});

rewriting('a module with instructions nobody understands gets its limits and nothing else', () => {
  const module = wat('(module (memory (export "m") 1 9) (tag $t) (func (export "f") (throw $t)) (func (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 1)))))');
  const { bytes: rewritten, layout, isInterruptible } = rewriteModule(module, { ...checked, headroomPages: 2 });
  assert.equal(rewritten, module);
  assert.equal(layout, { memory: 'm', globals: undefined, memoryImport: undefined, epochImport: undefined });
  assert.not(isInterruptible);
  const imported = rewriteModule(wat('(module (import "env" "memory" (memory 3)) (tag $t) (func (throw $t)))'), plainly);
  assert.equal(imported.layout.memoryImport, { module: 'env', name: 'memory', initialPages: 3, maximumPages: 50 });
});

rewriting('a module that is not resettable keeps its memory as it is, and is made interruptible all the same', () => {
  const module = wat('(module (memory 1 9) (table (export "t") 1 funcref) (func (export "f") (result i32) (drop (memory.grow (i32.const 2))) (memory.size)) (func (memory.fill (i32.const 0) (i32.const 0) (i32.const 1))))');
  const { bytes: rewritten, layout } = rewriteModule(module, { ...plainly, headroomPages: 4 });
  assert.is(layout.globals, undefined);
  assert.is(outcomeOf(() => exportedFunction(instantiate(rewritten), 'f')()), 'gives 3');
  assert.ok(rewritten.length > module.length);
});

const loop = bytes(0x03, 0x40, 0x0b);
const functionOf = (code: Uint8Array): Uint8Array => {
  const body = joinBytes(bytes(0), code, bytes(0x0b));
  return moduleOf(oneType(), section(3, bytes(1, 0)), section(10, bytes(1), encodeU32(body.length), body));
};

rewriting('a function that checks make longer than the engine takes is refused', () => {
  const loops = Math.floor(maxFunctionBytes / 12);
  assert.is(rewriteModule(functionOf(repeated(loops, loop)), plainly).resettability.kind, 'resettable');
  const fault = faultOf(() => rewriteModule(functionOf(repeated(loops, loop)), checked));
  assert.is(fault.code, 'WASM_LIMIT_EXCEEDED');
  assert.match(fault.message, /once checks are added/);
});

rewriting('more loops than any program has are refused', () => {
  const fault = faultOf(() => rewriteModule(functionOf(repeated(maxRewrittenInstructions + 1, loop)), plainly));
  assert.is(fault.code, 'WASM_LIMIT_EXCEEDED');
});

rewriting('thousands of globals are saved', () => {
  const module = moduleOf(section(6, vector(10_000, bytes(0x7b, 1, 0xfd, 0x0c, ...new Array<number>(16).fill(9), 0x0b))));
  exportedFunction(instantiate(rewriteModule(module, plainly).bytes), 'wasmwarden.save')();
});

rewriting('whatever was thrown was a fault about Wasm', () => {
  for (const module of [bytes(), bytes(1, 2, 3), moduleOf(section(1, bytes(9))), moduleOf(section(10, bytes(1, 1, 0)))]) {
    assert.match(faultOf(() => rewriteModule(module, plainly)).code, /^WASM_/);
  }
});

if (hasTwoMemories) {
  const runaways: readonly (readonly [string, string])[] = [
    ['an empty loop', '(func (export "f") (loop (br 0)))'],
    ['a loop with a value on the stack', '(func (export "f") (i32.const 1) (loop (param i32) (result i32) (br 0)) (drop))'],
    ['recursion that branches', '(func $f (export "f") (call $g) (call $g)) (func $g (call $f) (call $f))'],
    ['tail calls', '(func $f (export "f") (return_call $f))'],
    ['indirect tail calls', '(type $t (func)) (table 1 funcref) (elem (i32.const 0) $f) (func $f (export "f") (return_call_indirect (type $t) (i32.const 0)))'],
    ['a loop of memory.grow', '(memory 1) (func (export "f") (loop (drop (memory.grow (i32.const 0))) (br 0)))'],
    ['a loop of fills', '(memory 1) (func (export "f") (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 65536)) (br 0)))'],
    ['a loop of writes to a table', '(table 9 funcref) (func (export "f") (loop (table.fill (i32.const 0) (ref.null func) (i32.const 9)) (br 0)))'],
    ['a memory that the host makes', '(import "env" "memory" (memory 1)) (func (export "f") (loop (br 0)))'],
  ];
  for (const [title, fields] of runaways) {
    rewriting(`${title} ends at once when the guest is told to stop`, () => {
      const { bytes: rewritten, layout } = rewriteModule(wat(`(module ${fields})`), checked);
      const { imports, epoch } = hostMemories(layout);
      const instance = instantiate(rewritten, mergedImports({}, imports));
      epoch[0] = 1;
      assert.is(outcomeOf(() => exportedFunction(instance, 'f')()), 'traps: unreachable');
    });
  }

  rewriting('a function that calls nothing and has no loop is not held up', () => {
    const { bytes: rewritten, layout } = rewriteModule(wat('(module (memory 1) (func (export "f") (result i32) (i32.const 4)))'), checked);
    const { imports, epoch } = hostMemories(layout);
    const instance = instantiate(rewritten, imports);
    epoch[0] = 1;
    assert.is(outcomeOf(() => exportedFunction(instance, 'f')()), 'gives 4');
  });

  rewriting('a memory that moves to the host begins, ends and is filled as before', () => {
    const module = wat('(module (memory (export "memory") 2 3) (data (i32.const 131071) "x") (func (export "f") (result i32) (memory.size)))');
    const { bytes: rewritten, layout } = rewriteModule(module, checked);
    assert.equal(layout.memoryImport, { module: 'wasmwarden', name: 'memory', initialPages: 2, maximumPages: 3 });
    const instance = instantiate(rewritten, hostMemories(layout).imports);
    assert.is(outcomeOf(() => exportedFunction(instance, 'f')()), 'gives 2');
    const { memory } = instance.exports;
    assert.ok(memory instanceof WebAssembly.Memory && new Uint8Array(memory.buffer)[131071] === 0x78);
    const beyond = rewriteModule(wat('(module (memory 1 3) (data (i32.const 65536) "x"))'), checked);
    assert.throws(() => instantiate(beyond.bytes, hostMemories(beyond.layout).imports), /out of bounds/);
  });
}

rewriting.run();
