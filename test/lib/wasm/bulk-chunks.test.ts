// Bulk operations in steps against the engine's own: the same bytes, the same traps, and nothing written before a trap.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { chunkBytes } from '../../../lib/wasm/bulk-chunks.js';
import { rewriteModule } from '../../../lib/wasm/rewrite.js';
import { instantiate } from '../../support/instance.js';
import { exportedFunction, hasTwoMemories, hostMemories, mergedImports, outcomeOf } from '../../support/rewritten-guest.js';
import { SeededRandom } from '../../support/seeded-random.js';
import { wat } from '../../support/wat.js';

const bulk = suite('wasm/bulk-chunks');

const pages = 6;
const end = pages * 65536;
const segmentBytes = 3 * chunkBytes + 17;
const segment = Array.from({ length: segmentBytes }, (_, at) => `\\${((at * 31) % 256).toString(16).padStart(2, '0')}`).join('');
const text = `(module (memory (export "memory") ${pages} ${pages}) (data $long "${segment}") (data $short "short") (data $active (i32.const 5) "active")
  (func (export "fill") (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func (export "copy") (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init") (param i32 i32 i32) (memory.init $long (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init short") (param i32 i32 i32) (memory.init $short (local.get 0) (local.get 1) (local.get 2)))
  (func (export "init active") (param i32 i32 i32) (memory.init $active (local.get 0) (local.get 1) (local.get 2)))
  DROP)`;
const original = wat(text.replace('DROP', ''));
const droppable = wat(text.replace('DROP', '(func (export "drop") (data.drop $long))'));

interface Instance {
  readonly instance: WebAssembly.Instance;
  readonly memory: Uint8Array;
  readonly epoch: Int32Array;
}

function memoryOf(instance: WebAssembly.Instance): Uint8Array {
  const { memory } = instance.exports;
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('no memory');
  return new Uint8Array(memory.buffer);
}

function rewritten(module: Uint8Array, epochChecks: boolean): Instance {
  const { bytes, layout } = rewriteModule(module, { limits: { memoryPages: pages, tableElements: 0 }, headroomPages: 0, epochChecks });
  const { imports, epoch } = hostMemories(layout);
  const instance = instantiate(bytes, mergedImports({}, imports));
  return { instance, memory: memoryOf(instance), epoch };
}

function noise(memory: Uint8Array, seed: number): void {
  for (let at = 0; at < memory.length; at += 1) memory[at] = (at * 13 + (at >> 8) * 7 + seed) % 256;
}

/** Does one thing to both and compares what came of it. */
function assertSame(ours: Instance, plain: WebAssembly.Instance, name: string, values: readonly number[]): string {
  const memory = memoryOf(plain);
  noise(memory, values.length);
  noise(ours.memory, values.length);
  const expected = outcomeOf(() => exportedFunction(plain, name)(...values));
  assert.is(outcomeOf(() => exportedFunction(ours.instance, name)(...values)), expected, `${name} ${values.join()}`);
  assert.ok(Buffer.from(ours.memory).equals(Buffer.from(memory)), `${name} ${values.join()} leaves the same bytes`);
  return expected;
}

const c = chunkBytes;
const cases: readonly (readonly [string, readonly (readonly [name: string, ...values: readonly number[]])[]])[] = [
  ['operations of no bytes at the end, and beyond it', [['fill', end, 1, 0], ['fill', end + 1, 1, 0], ['copy', end, 0, 0], ['copy', 0, end, 0], ['copy', 0, end + 1, 0], ['init', end, 0, 0], ['init', end + 1, 0, 0], ['init', 0, segmentBytes, 0], ['init', 0, segmentBytes + 1, 0]]],
  ['operations around the length of a step', [c - 1, c, c + 1, 2 * c - 1, 2 * c, 2 * c + 1, 3 * c].flatMap((length): [string, ...number[]][] => [['fill', 3, 0x1ff, length], ['copy', 3, 9, length], ['copy', 9, 3, length], ['init', 3, 5, length]])],
  ['operations up to the last byte', [['fill', 1, 7, end - 1], ['copy', 0, 1, end - 1], ['copy', 1, 0, end - 1], ['copy', 0, 0, end], ['init', end - segmentBytes, 0, segmentBytes]]],
  ['operations one byte too long, of which nothing may show', [['fill', 2, 7, end - 1], ['copy', 0, 2, end - 1], ['copy', 2, 0, end - 1], ['copy', 1, 1, end], ['init', end - segmentBytes + 1, 0, segmentBytes], ['init', 0, 1, segmentBytes]]],
  ['numbers that overflow 32 bits', [['fill', -1, 7, -1], ['fill', 0, 7, -1], ['fill', -65536, 7, 65537], ['copy', -1, 0, -1], ['copy', 0, -1, -1], ['copy', -70_000, 0, 70_001], ['init', 0, -1, -1], ['init', -1, 0, 70_000], ['init', 0, -70_000, 70_001]]],
  ['ranges that overlap by all but a few bytes', [1, 2, 4095, c - 1, c, c + 1].flatMap((distance): [string, ...number[]][] => [['copy', 100, 100 + distance, 4 * c], ['copy', 100 + distance, 100, 4 * c]])],
  ['short segments and such that were used up', [['init short', 0, 0, 5], ['init short', 0, 1, 5], ['init short', 0, 0, 70_000], ['init active', 0, 0, 0], ['init active', 0, 0, 1], ['init active', 0, 1, 0]]],
];
for (const [title, operations] of cases) {
  for (const epochChecks of hasTwoMemories ? [false, true] : [false]) {
    bulk(`${title} do what they did${epochChecks ? ', with deadline checks' : ''}`, () => {
      const ours = rewritten(original, epochChecks);
      for (const [name, ...values] of operations) assertSame(ours, instantiate(original), name, values);
    });
  }
}

bulk('a segment that was dropped meanwhile has no bytes left', () => {
  const [ours, plain] = [rewritten(droppable, false), instantiate(droppable)];
  for (const instance of [ours.instance, plain]) exportedFunction(instance, 'drop')();
  assert.match(assertSame(ours, plain, 'init', [0, 0, 2 * c]), /^traps/);
  assert.is(assertSame(ours, plain, 'init', [0, 0, 0]), 'gives undefined');
});

bulk('random operations do what they did', () => {
  const random = new SeededRandom(17);
  const [ours, plain] = [rewritten(original, false), instantiate(original)];
  const near = (limit: number): number => random.pick([random.below(limit), limit - random.below(20), random.below(20)]);
  const seen = { gives: 0, traps: 0 };
  for (let round = 0; round < 400; round += 1) {
    const name = random.pick(['fill', 'copy', 'init']);
    const outcome = assertSame(ours, plain, name, [near(end), near(name === 'init' ? segmentBytes : end), random.pick([near(end), near(c), near(2 * c)])]);
    seen[outcome.startsWith('gives') ? 'gives' : 'traps'] += 1;
  }
  assert.ok(seen.gives > 50 && seen.traps > 50, JSON.stringify(seen));
});

if (hasTwoMemories) {
  bulk('an operation stops between two steps once the guest is told to', () => {
    const ours = rewritten(original, true);
    noise(ours.memory, 1);
    const before = Buffer.from(ours.memory);
    ours.epoch[0] = 1;
    for (const name of ['fill', 'copy', 'init']) assert.is(outcomeOf(() => exportedFunction(ours.instance, name)(0, 1, 2 * c)), 'traps: unreachable');
    assert.ok(Buffer.from(ours.memory).equals(before), 'before the first step');
    assert.is(outcomeOf(() => exportedFunction(ours.instance, 'fill')(0, 1, c)), 'gives undefined', 'what takes one step is not held up');
  });
}

bulk.run();
