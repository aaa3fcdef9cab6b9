// The decoder and the rewriter on modules that were tampered with: 100,000 of them here, a million by `npm run fuzz:wasm`, which
// sets WASM_FUZZ_CASES and may be given WASM_FUZZ_SEED.
import loadWabt from 'wabt';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { isFault } from '../../../lib/fault.js';
import { rewriteModule, type RewrittenModule } from '../../../lib/wasm/rewrite.js';
import type { WasmFaultCode } from '../../../lib/wasm/wasm-fault.js';
import { fixtureBytes, fixtureNames } from '../../support/fixtures.js';
import { generateModule } from '../../support/module-generator.js';
import { mutated } from '../../support/module-mutations.js';
import { hasTwoMemories } from '../../support/rewritten-guest.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { wat } from '../../support/wat.js';

const fuzz = suite('wasm/rewrite-fuzz');

const cases = Number(process.env['WASM_FUZZ_CASES'] ?? 100_000);
const firstSeed = Number(process.env['WASM_FUZZ_SEED'] ?? 1);
const limits = { memoryPages: 64, tableElements: 1000 };

const everything = wat(`(module
  (type $binary (func (param i32 i32) (result i32)))
  (import "m" "f" (func (type $binary))) (import "m" "g" (global i32))
  (table $own 2 funcref) (memory (export "memory") 1 70) (global (export "g") (mut i64) (i64.const -5)) (global $v (mut v128) (v128.const i64x2 1 2))
  (export "f" (func 0)) (elem (table $own) (i32.const 0) func 1) (data (i32.const 8) "text") (data "passive")
  (func $add (export "add") (type $binary) (local i64 f32 f32) (i32.add (local.get 0) (local.get 1)))
  (func (export "work") (param i32) (loop (memory.fill (i32.const 0) (i32.const 1) (local.get 0)) (br_if 0 (memory.grow (i32.const 0)))))
  (func (export "start")) (start 3))`);

const guests: readonly Uint8Array[] = [
  everything,
  wat('(module (import "env" "memory" (memory 2 9)) (export "opa_memory" (memory 0)) (func (export "f") (drop (memory.size))))'),
  wat('(module (table (export "t") 2 funcref) (func (export "f") (call_indirect (i32.const 0))))'),
  ...fixtureNames().map(fixtureBytes).filter((bytes) => bytes.length < 1200),
  ...Array.from({ length: 60 }, (_, seed) => generateModule({ seed, irreversible: seed % 4 === 0, importedMemory: seed % 3 === 0 }).bytes).filter((bytes) => bytes.length < 5000),
];

/** What came of one case; `undefined` for a module that was refused. */
function rewrittenOrRefused(module: Uint8Array<ArrayBuffer>, isValid: boolean, seed: number): RewrittenModule | undefined {
  try {
    return rewriteModule(module, { limits, headroomPages: seed % 3, epochChecks: hasTwoMemories && seed % 2 === 0 });
  } catch (thrown) {
    if (!isFault<WasmFaultCode>(thrown) || !thrown.code.startsWith('WASM_')) throw thrown;
    // What the engine accepts may be too much or too new; it is neither malformed nor cut off.
    assert.ok(!isValid || thrown.code === 'WASM_LIMIT_EXCEEDED' || thrown.code === 'WASM_UNSUPPORTED', `${thrown.code}: ${thrown.message}`);
    return undefined;
  }
}

const wabt = await loadWabt();
const features = { mutable_globals: true, sat_float_to_int: true, sign_extension: true, simd: true, multi_value: true, tail_call: true, bulk_memory: true, reference_types: true, extended_const: true };

/** Words of the text format that a resettable module must not have, by another reader than ours. */
const forbidden = /\btable\.(?:set|init|copy|grow|fill)\b|\b(?:data|elem)\.drop\b|\(export "[^\n]*" \(table|\(import [^\n]*\((?:table|global \(;?\d*;? ?\(mut)/;

/** Whether some byte could belong to such an instruction. */
const isSuspicious = (module: Uint8Array): boolean => module.includes(0x26) || module.includes(0xfc) || module.includes(0x70);

function assertReallyResettable(module: Uint8Array): void {
  const read = wabt.readWasm(module, { ...features, readDebugNames: false });
  try {
    const found = forbidden.exec(read.toText({ foldExprs: false, inlineExport: false }));
    assert.not(found, `called resettable, yet it has ${String(found?.[0])}`);
  } finally {
    read.destroy();
  }
}

fuzz(`${cases} tampered modules are refused by a fault, or rewritten into valid ones with nothing proven that is not so`, () => {
  const seen = { refused: 0, invalid: 0, resettable: 0, freshOnly: 0, notUnderstood: 0 };
  for (let seed = firstSeed; seed < firstSeed + cases; seed += 1) {
    const random = new SeededRandom(seed);
    const module = mutated(random.pick(guests), guests, random);
    const isValid = WebAssembly.validate(module);
    const rewritten = inCase(seed, () => rewrittenOrRefused(module, isValid, seed));
    if (rewritten === undefined) seen.refused += 1;
    else if (!isValid) seen.invalid += 1;
    else {
      assert.ok(WebAssembly.validate(rewritten.bytes), `case ${seed}: valid before, valid after`);
      seen[rewritten.resettability.kind === 'resettable' ? 'resettable' : rewritten.isInterruptible ? 'freshOnly' : 'notUnderstood'] += 1;
      if (rewritten.resettability.kind === 'resettable' && seed % 4 === 0 && isSuspicious(module)) inCase(seed, () => assertReallyResettable(module));
    }
  }
  const share = cases / 100_000;
  assert.ok(seen.refused > 10_000 * share && seen.resettable > 5000 * share && seen.freshOnly > 2000 * share && seen.notUnderstood > 100 * share, JSON.stringify(seen));
});

/** Names the case in whatever is thrown, so that it can be done again alone. */
function inCase<Result>(seed: number, action: () => Result): Result {
  try {
    return action();
  } catch (cause) {
    throw new Error(`case ${seed} (WASM_FUZZ_SEED=${seed} WASM_FUZZ_CASES=1): ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

fuzz.run();
