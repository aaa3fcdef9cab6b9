// The readers and rewriters of lib/wasm against V8: on every guest there is, and on each of them damaged a hundred ways.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Fault, isFault } from '../../../lib/fault.js';
import { abiOf } from '../../../lib/wasm/abi.js';
import { customSection, withCustomSection } from '../../../lib/wasm/custom-section.js';
import { moduleInterface } from '../../../lib/wasm/interface.js';

import { makeSection, readSections, writeModule } from '../../../lib/wasm/sections.js';
import type { WasmFaultCode } from '../../../lib/wasm/wasm-fault.js';
import { fixtureBytes, fixtureNames } from '../../support/fixtures.js';
import { callExport, instantiate } from '../../support/instance.js';
import { limitMemory, limitModule, limitTables } from '../../support/limited.js';
import { wat } from '../../support/wat.js';

const mutations = suite('wasm/mutations');
const limits = { memoryPages: 2000, tableElements: 10_000 };

/** A module with one of everything: each section, each kind of import and export, each place for a limit. */
const everything = wat(`(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "m" "f" (func (type $binary))) (import "m" "t" (table 1 9 funcref)) (import "m" "g" (global i32))
  (table $own 2 funcref) (memory (export "memory") 1 70) (tag (param f32)) (global (export "g") (mut i64) (i64.const -5))
  (export "f" (func 0)) (export "t" (table $own)) (export "e" (tag 0))
  (elem (table $own) (i32.const 0) func 1) (data (i32.const 8) "text") (data "passive")
  (func $add (export "add") (type $binary) (local i64 f32 f32) (i32.add (local.get 0) (local.get 1)))
  (func (export "start")) (start 2))`);

const seeds: readonly (readonly [string, Uint8Array<ArrayBuffer>])[] = [
  ['everything', everything],
  ['imported-memory', wat('(module (import "env" "memory" (memory 2 9)) (export "opa_memory" (memory 0)))')],
  ...fixtureNames().map((name): readonly [string, Uint8Array<ArrayBuffer>] => [name, fixtureBytes(name)]),
];

/** What V8 and we say of a module's imports and exports, in one shape. */
const plain = (entry: { readonly module?: string; readonly name: string; readonly kind: string }) => [entry.module, entry.name, entry.kind].join(' ');

function checkAgainstV8(module: Uint8Array<ArrayBuffer>): void {
  const compiled = new WebAssembly.Module(module);
  const read = moduleInterface(module);
  assert.equal(read.imports.map(plain), WebAssembly.Module.imports(compiled).map(plain));
  assert.equal(read.exports.map(plain), WebAssembly.Module.exports(compiled).map(plain));
  const limited = limitModule(module, limits);
  assert.equal(moduleInterface(limited).exports, read.exports);
  assert.ok(WebAssembly.validate(limited), 'valid before, valid after');
}

mutations('all guests are read as V8 reads them, and stay valid under limits', () => {
  assert.ok(seeds.length > 50, 'the fixtures are built');
  for (const [name, module] of seeds) {
    if (!WebAssembly.validate(module)) throw new Error(`${name} is not valid`);
    const refusal = codeOf(() => checkAgainstV8(module));
    assert.ok(refusal === undefined || refusal === 'WASM_LIMIT_EXCEEDED' || refusal === 'WASM_UNSUPPORTED', `${name}: ${refusal ?? ''}`);
  }
});

mutations('most guests lie within the limits', () => {
  const refused = seeds.filter(([, module]) => codeOf(() => limitModule(module, limits)) !== undefined).map(([name]) => name);
  assert.ok(refused.length < 10, refused.join(', '));
});

mutations('a limited guest behaves as before', () => {
  const imports = (): WebAssembly.Imports => ({
    m: {
      f: (a: number, b: number) => a * b,
      t: new WebAssembly.Table({ element: 'anyfunc', initial: 1, maximum: 3 }),
      g: 7,
    },
  });
  const limited = limitMemory(limitTables(everything, 3), 5);
  const [before, after] = [everything, limited].map((module) => instantiate(module, imports()));
  if (before === undefined || after === undefined) throw new Error('two instances');
  fc.assert(
    fc.property(fc.integer(), fc.integer(), (a, b) => {
      for (const name of ['add', 'f']) assert.is(callExport(after, name, a, b), callExport(before, name, a, b));
    }),
    { seed: 91, numRuns: 200 },
  );
  assert.equal(Object.keys(after.exports), Object.keys(before.exports));
});

/** The code of the fault an action throws; whatever else it throws is a finding. */
function codeOf(action: () => unknown): WasmFaultCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (isFault<WasmFaultCode>(error) && error.code.startsWith('WASM_')) return error.code;
    throw error;
  }
}

interface Damage {
  /** Which section, and where in it: 0 is the first, almost 1 the last. */
  readonly section: number;
  readonly at: number;
  readonly insert: readonly number[];
  /** Do the new bytes take the place of as many old ones? */
  readonly instead: boolean;
}

/** Bytes that mean something wherever they land: long integers, kinds of things, types, flags. */
const telling = fc.constantFrom(0, 1, 2, 3, 4, 5, 8, 0x0b, 0x40, 0x41, 0x60, 0x63, 0x64, 0x6f, 0x70, 0x7f, 0x80, 0xff, 0xff);
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const damage: fc.Arbitrary<Damage> = fc.record({
  section: fraction,
  at: fraction,
  insert: fc.oneof(fc.array(telling, { minLength: 1, maxLength: 5 }), fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 3 })),
  instead: fc.boolean(),
});

/** The module with bytes inside sections changed and the lengths of sections put right, so that the damage is found late. */
function damaged(module: Uint8Array, damages: readonly Damage[]): Uint8Array<ArrayBuffer> {
  const sections = [...readSections(module)];
  for (const { section, at, insert, instead } of damages) {
    const index = Math.floor(section * sections.length);
    const chosen = sections[index];
    if (chosen === undefined) continue;
    const offset = Math.floor(at * chosen.content.length);
    const rest = chosen.content.subarray(instead ? offset + insert.length : offset);
    sections[index] = makeSection(chosen.id, Uint8Array.from([...chosen.content.subarray(0, offset), ...insert, ...rest]));
  }
  return writeModule(sections);
}

/** Uses a module in every way lib/wasm offers, and compares with V8 where V8 accepts it. */
function checkDamaged(module: Uint8Array<ArrayBuffer>): 'valid' | 'refused' | 'read' {
  if (WebAssembly.validate(module)) {
    // What V8 accepts may be too much or too new, but it is neither malformed nor cut off.
    const refusal = codeOf(() => checkAgainstV8(module));
    assert.ok(refusal === undefined || refusal === 'WASM_LIMIT_EXCEEDED' || refusal === 'WASM_UNSUPPORTED', refusal ?? '');
    return 'valid';
  }
  const refusals = [
    codeOf(() => assert.equal(writeModule(readSections(module)), module)),
    codeOf(() => abiOf(moduleInterface(module))),
    codeOf(() => limitModule(module, limits)),
    codeOf(() => customSection(withCustomSection(module, 'x', Uint8Array.of(1)), 'x')),
  ];
  return refusals.every((code) => code === undefined) ? 'read' : 'refused';
}

mutations('damaged guests are refused by a fault or read as V8 reads them', () => {
  const seen = { valid: 0, refused: 0, read: 0 };
  const small = seeds.filter(([, module]) => module.length < 4000).map(([, module]) => module);
  const once = fc.tuple(fc.constantFrom(everything, ...small), fc.array(damage, { minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(once, ([module, damages]) => {
      seen[checkDamaged(damaged(module, damages))] += 1;
    }),
    { seed: 92, numRuns: 6000, endOnFailure: true },
  );
  assert.ok(seen.valid > 300 && seen.refused > 300 && seen.read > 10, JSON.stringify(seen));
});

mutations('a module of everything is read or refused with any byte of it changed to any telling value', () => {
  const values = [0, 1, 2, 3, 4, 5, 7, 8, 0x40, 0x60, 0x7f, 0x80, 0xff];
  for (let offset = 0; offset < everything.length; offset += 1) {
    for (const value of values) checkDamaged(Uint8Array.from(everything).fill(value, offset, offset + 1));
  }
});

mutations('a module cut off anywhere is refused or is V8\'s module too', () => {
  for (let length = 0; length < everything.length; length += 1) {
    const cut = everything.slice(0, length);
    const refusal = codeOf(() => limitModule(cut, limits));
    assert.ok(refusal !== undefined || readSections(cut).length < readSections(everything).length);
  }
});

mutations('noise after the preamble ends in a fault', () => {
  const noise = fc.array(fc.oneof(telling, fc.integer({ min: 0, max: 13 })), { maxLength: 60 });
  fc.assert(
    fc.property(noise, (values) => {
      checkDamaged(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...values]));
    }),
    { seed: 93, numRuns: 6000 },
  );
});

mutations('no fault is thrown that is not about Wasm', () => {
  assert.throws(() => codeOf(() => { throw new Fault('OTHER', 'other'); }), 'other');
});

mutations.run();
