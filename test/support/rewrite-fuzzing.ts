// The decoder and the rewriter on modules that were tampered with. The tests rewrite-fuzz-* do 100,000 of them, the command
// `npm run fuzz:wasm` a million, or any other number.
import loadWabt from 'wabt';
import * as assert from 'uvu/assert';

import { isFault, messageOf } from '../../lib/fault.js';
import { rewriteModule, type RewrittenModule } from '../../lib/wasm/rewrite.js';
import type { WasmFaultCode } from '../../lib/wasm/wasm-fault.js';
import { fixtureBytes, fixtureNames } from './fixtures.js';
import { generateModule } from './module-generator.js';
import { mutated } from './module-mutations.js';
import { hasTwoMemories } from './rewritten-guest.js';
import { SeededRandom } from './seeded-random.js';
import { wat } from './wat.js';

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
  ...Array.from({ length: 60 }, (_, seed) => generateModule({ seed, irreversible: seed % 4 === 0, importedMemory: seed % 3 === 0 }).bytes).filter((bytes) => bytes.length < 3000),
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

/** The module as text; the other reader knows no offsets that are padded to 64 bits, nor some things that stand in unused places. */
function textOf(module: Uint8Array): string | undefined {
  try {
    const read = wabt.readWasm(module, { ...features, readDebugNames: false });
    try {
      return read.toText({ foldExprs: false, inlineExport: false });
    } finally {
      read.destroy();
    }
  } catch {
    return undefined;
  }
}

/** Whether the other reader had an opinion. */
function assertReallyResettable(module: Uint8Array): boolean {
  const text = textOf(module);
  const found = text === undefined ? null : forbidden.exec(text);
  assert.not(found, `called resettable, yet it has ${String(found?.[0])}`);
  return text !== undefined;
}

/** How many cases came to what. */
export interface Seen {
  refused: number;
  invalid: number;
  resettable: number;
  freshOnly: number;
  notUnderstood: number;
  /** Modules that the engine calls valid at one time, and not at another. */
  wavering: number;
  /** Modules on which the other reader agreed, and such that it could not read. */
  agreed: number;
  unread: number;
}

/**
 * Whether the engine refuses bytes that it has called valid. V8 refuses modules that mix the old and the new instructions
 * for exceptions, but checks functions on several threads, and does not always see that both are there.
 */
function isRefusedNow(module: Uint8Array<ArrayBuffer>): boolean {
  return Array.from({ length: 1000 }, () => WebAssembly.validate(module)).includes(false);
}

function runCase(seed: number, seen: Seen): void {
  const random = new SeededRandom(seed);
  const module = mutated(random.pick(guests), guests, random);
  const isValid = WebAssembly.validate(module);
  const rewritten = rewrittenOrRefused(module, isValid, seed);
  if (rewritten === undefined) seen.refused += 1;
  else if (!isValid) seen.invalid += 1;
  else if (!WebAssembly.validate(rewritten.bytes)) {
    assert.ok(isRefusedNow(module), 'valid before, valid after');
    seen.wavering += 1;
  } else {
    if (rewritten.resettability.kind === 'fresh-only') seen[rewritten.isInterruptible ? 'freshOnly' : 'notUnderstood'] += 1;
    else checkProof(module, seed, seen);
  }
}

/** The other reader is slow: it looks at each eighth module that could be otherwise. */
function checkProof(module: Uint8Array, seed: number, seen: Seen): void {
  seen.resettable += 1;
  if (seed % 8 === 0 && isSuspicious(module)) seen[assertReallyResettable(module) ? 'agreed' : 'unread'] += 1;
}

/**
 * Does cases from one number on. A module must be refused by a fault, or rewritten into a valid one if it was valid, and
 * nothing may be called resettable that another reader finds to change tables or segments.
 */
export function fuzzRewriter(firstCase: number, cases: number): Seen {
  const seen: Seen = { refused: 0, invalid: 0, resettable: 0, freshOnly: 0, notUnderstood: 0, wavering: 0, agreed: 0, unread: 0 };
  for (let seed = firstCase; seed < firstCase + cases; seed += 1) {
    try {
      runCase(seed, seen);
    } catch (cause) {
      throw new Error(`case ${seed} (npm run fuzz:wasm -- 1 ${seed}): ${messageOf(cause)}`, { cause });
    }
  }
  return seen;
}

/** Checks that among so many cases there were enough of each kind to say something. */
export function assertTelling(seen: Seen, cases: number): void {
  const share = cases / 100_000;
  assert.ok(seen.refused > 10_000 * share && seen.resettable > 5000 * share && seen.freshOnly > 2000 * share && seen.notUnderstood > 100 * share && seen.wavering < 100 * share, JSON.stringify(seen));
  // Some one in twenty cannot be read; which modules come up depends on the guests at hand and the engine.
  assert.ok(seen.agreed > 10 * seen.unread, JSON.stringify(seen));
}
