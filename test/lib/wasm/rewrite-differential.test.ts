// Rewritten modules against themselves as they were: an instance that is put back after each request must answer as a new
// instance does, and be found as it was. On generated modules with every instruction there is, and on all policies of fixtures.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { readCode } from '../../../lib/wasm/code.js';
import { Cursor } from '../../../lib/wasm/cursor.js';
import { readInstruction, supportedOpcodes } from '../../../lib/wasm/instructions.js';
import { rewriteModule, type RewriteOptions, type RewrittenModule } from '../../../lib/wasm/rewrite.js';
import { readSections } from '../../../lib/wasm/sections.js';
import { Snapshot } from '../../../lib/wasm/snapshot.js';
import { fixtureBytes, fixtureNames } from '../../support/fixtures.js';
import { generateModule, tick, type GeneratedModule } from '../../support/module-generator.js';
import { exportedFunction, hasTwoMemories, hostMemories, mergedImports, outcomeOf } from '../../support/rewritten-guest.js';
import { policyInstance } from '../../support/scripted-host.js';
import { SeededRandom } from '../../support/seeded-random.js';

const differential = suite('wasm/rewrite-differential');

const limits = { memoryPages: 2048, tableElements: 100_000 };
const ways: readonly RewriteOptions[] = [
  { limits, headroomPages: 0, epochChecks: false },
  { limits, headroomPages: 1, epochChecks: false },
  ...(hasTwoMemories ? [{ limits, headroomPages: 0, epochChecks: true }, { limits, headroomPages: 2, epochChecks: true }] : []),
];
const modulesPerWay = 200;
const requestsPerModule = 8;

/** All of an instance that can be seen: its memory, and the bits of its globals. */
interface State {
  readonly memory: Buffer;
  readonly bits: string;
}

function stateOf(instance: WebAssembly.Instance, memory: WebAssembly.Memory, { peeks }: GeneratedModule): State {
  return { memory: Buffer.from(new Uint8Array(memory.buffer)), bits: peeks.map((name) => `${name}: ${String(exportedFunction(instance, name)())}`).join('\n') };
}

function assertSame(actual: State, expected: State, title: string): void {
  assert.is(actual.bits, expected.bits, `${title}: globals and size`);
  assert.is(actual.memory.length, expected.memory.length, `${title}: memory size`);
  assert.ok(actual.memory.equals(expected.memory), `${title}: memory`);
}

interface Guest {
  readonly instance: WebAssembly.Instance;
  readonly memory: WebAssembly.Memory;
}

/** One operation is what brings a guest up; after that the requests come. */
function started(instance: WebAssembly.Instance, memory: WebAssembly.Memory, { operations }: GeneratedModule): Guest {
  outcomeOf(() => exportedFunction(instance, operations[0] ?? '')(7, 9n));
  return { instance, memory };
}

function freshOriginal(compiled: WebAssembly.Module, module: GeneratedModule): Guest {
  const imported = new WebAssembly.Memory(module.memory);
  const instance = new WebAssembly.Instance(compiled, { env: { tick, memory: imported } });
  const { memory } = instance.exports;
  return started(instance, memory instanceof WebAssembly.Memory ? memory : imported, module);
}

function freshRewritten(compiled: WebAssembly.Module, { layout }: RewrittenModule, module: GeneratedModule): Guest {
  const instance = new WebAssembly.Instance(compiled, mergedImports({ env: { tick } }, hostMemories(layout).imports));
  const memory = instance.exports[layout.memory ?? ''];
  if (!(memory instanceof WebAssembly.Memory)) throw new Error('the memory is not exported');
  return started(instance, memory, module);
}

interface Tally {
  requests: number;
  answered: number;
  trapped: number;
  outgrown: number;
}

function runModule(seed: number, way: RewriteOptions, tally: Tally): void {
  const module = generateModule({ seed, importedMemory: seed % 3 === 0 });
  const rewritten = rewriteModule(module.bytes, way);
  assert.equal(rewritten.resettability, { kind: 'resettable' });
  const original = new WebAssembly.Module(module.bytes);
  const compiled = new WebAssembly.Module(rewritten.bytes);
  const failure = outcomeOf(() => void freshOriginal(original, module));
  assert.is(outcomeOf(() => void freshRewritten(compiled, rewritten, module)), failure, `module ${seed} comes up as before`);
  if (failure.startsWith('traps')) return;
  const random = new SeededRandom(seed);
  const bringUp = (): { readonly guest: Guest; readonly snapshot: Snapshot; readonly before: State } => {
    const guest = freshRewritten(compiled, rewritten, module);
    const snapshot = Snapshot.take(guest.instance, rewritten.layout);
    return { guest, snapshot, before: stateOf(guest.instance, guest.memory, module) };
  };
  let warm = bringUp();
  for (let request = 0; request < requestsPerModule; request += 1) {
    const title = `module ${seed}, request ${request}, ${JSON.stringify({ ...way, limits: undefined })}`;
    const operation = random.pick(module.operations);
    const values = [random.u32() | 0, BigInt.asIntN(64, BigInt(random.u32()) * 0x1_2345_6789n)];
    // With pages to spare a guest may see more memory than the original; it must see the same in each instance.
    const fresh = way.headroomPages === 0 ? freshOriginal(original, module) : bringUp().guest;
    const expected = outcomeOf(() => exportedFunction(fresh.instance, operation)(...values));
    assert.is(outcomeOf(() => exportedFunction(warm.guest.instance, operation)(...values)), expected, title);
    assertSame(stateOf(warm.guest.instance, warm.guest.memory, module), stateOf(fresh.instance, fresh.memory, module), `${title}: after it`);
    tally.requests += 1;
    tally[expected.startsWith('gives') ? 'answered' : 'trapped'] += 1;
    if (warm.snapshot.hasGrown) {
      tally.outgrown += 1;
      assert.throws(() => warm.snapshot.restore(), /grown/);
      warm = bringUp();
    } else {
      warm.snapshot.restore();
      assertSame(stateOf(warm.guest.instance, warm.guest.memory, module), warm.before, `${title}: put back`);
    }
  }
}

for (const [index, way] of ways.entries()) {
  differential(`generated modules answer from a reset instance as from a new one (pages to spare: ${way.headroomPages}, ${way.epochChecks ? 'with' : 'without'} deadline checks)`, () => {
    const tally: Tally = { requests: 0, answered: 0, trapped: 0, outgrown: 0 };
    for (let number = 0; number < modulesPerWay; number += 1) runModule(1 + number + index * modulesPerWay, way, tally);
    assert.ok(tally.requests > 1400 && tally.answered > 700 && tally.trapped > 200, JSON.stringify(tally));
    assert.ok(tally.outgrown > 20, JSON.stringify(tally));
  });
}

differential('modules that change tables or drop segments are never resettable, and do what they did', () => {
  for (let seed = 5000; seed < 5000 + modulesPerWay; seed += 1) {
    const way = ways[seed % ways.length];
    if (way === undefined) throw new Error('a way');
    const module = generateModule({ seed, irreversible: true });
    const rewritten = rewriteModule(module.bytes, way);
    assert.is(rewritten.resettability.kind === 'fresh-only', changesTablesOrSegments(module.bytes), `module ${seed}`);
    const original = new WebAssembly.Module(module.bytes);
    const compiled = new WebAssembly.Module(rewritten.bytes);
    const failure = outcomeOf(() => void freshOriginal(original, module));
    assert.is(outcomeOf(() => void freshRewritten(compiled, rewritten, module)), failure);
    if (failure.startsWith('traps')) continue;
    const [before, after] = [freshOriginal(original, module), freshRewritten(compiled, rewritten, module)];
    if (rewritten.resettability.kind === 'resettable') continue;
    for (const operation of module.operations) {
      const [one, other] = [before, after].map(({ instance }) => outcomeOf(() => exportedFunction(instance, operation)(seed, 5n)));
      assert.is(other, one, `module ${seed}, ${operation}`);
      assertSame(stateOf(after.instance, after.memory, module), stateOf(before.instance, before.memory, module), `module ${seed}, ${operation}`);
    }
  }
});

/** Every opcode of a module, by reading all of it. */
function opcodesOf(bytes: Uint8Array): ReadonlySet<number> {
  const found = new Set<number>();
  for (const body of readCode(readSections(bytes)).functions) {
    const cursor = new Cursor(body.bytes, 'a function');
    for (cursor.at = body.codeStart; !cursor.done;) found.add(readInstruction(cursor).opcode);
  }
  return found;
}

/** table.set, data.drop, and 0xfc 12 to 17 but for 16, table.size. */
const irreversible = [0x26, 0xfc0009, 0xfc000c, 0xfc000d, 0xfc000e, 0xfc000f, 0xfc0011];

function changesTablesOrSegments(bytes: Uint8Array): boolean {
  const found = opcodesOf(bytes);
  return irreversible.some((code) => found.has(code));
}

differential('every instruction that is understood occurs in the modules above', () => {
  const occurring = new Set<number>();
  for (let seed = 1; seed <= modulesPerWay; seed += 1) {
    for (const module of [generateModule({ seed, importedMemory: seed % 3 === 0 }), generateModule({ seed: 4999 + seed, irreversible: true })]) {
      for (const code of opcodesOf(module.bytes)) occurring.add(code);
    }
  }
  assert.equal(supportedOpcodes.filter((code) => !occurring.has(code)).map((code) => code.toString(16)), []);
});

const runnable = fixtureNames().filter((name) => !name.startsWith('adversarial/') || /counter|leak|state/.test(name));
for (const name of runnable) {
  differential(`the policy ${name} answers from a reset instance as from a new one`, () => {
    const bytes = fixtureBytes(name);
    const original = new WebAssembly.Module(bytes);
    for (const way of ways) {
      const rewritten = rewriteModule(bytes, way);
      const compiled = new WebAssembly.Module(rewritten.bytes);
      assert.ok(rewritten.isInterruptible);
      const bringUp = () => policyInstance(compiled, hostMemories(rewritten.layout).imports);
      const warm = bringUp();
      const isResettable = rewritten.resettability.kind === 'resettable';
      let guest = warm;
      const snapshot = isResettable ? Snapshot.take(warm.instance, rewritten.layout) : undefined;
      const before = isResettable ? Buffer.from(new Uint8Array(warm.memory().buffer)) : undefined;
      for (const [operation, payload] of requests) {
        const expected = policyInstance(original, {}).call(operation, payload);
        assert.is(guest.call(operation, payload), expected, `${operation} ${payload}`);
        if (snapshot === undefined || before === undefined || snapshot.hasGrown) {
          guest = bringUp();
          continue;
        }
        snapshot.restore();
        assert.ok(before.equals(Buffer.from(new Uint8Array(warm.memory().buffer))), 'the memory is as it was');
      }
    }
  });
}

const requests: readonly (readonly [operation: string, payload: string])[] = [
  ['validate', '{"request":{"uid":"1","kind":{"kind":"Pod"},"object":{"spec":{"containers":[{"name":"a","securityContext":{"privileged":true}}]}},"userInfo":{"username":"alice"}},"settings":{}}'],
  ['validate_settings', '{}'],
  ['protocol_version', ''],
  ['validate', 'not json'],
  ['nothing', '{"a":1}'],
  ['validate', '{"request":{"uid":"2","operation":"CREATE","object":{"metadata":{"name":"x","labels":{"a":"b"}}}},"settings":{"key":"k","value":"v"}}'],
  ['validate', '{"request":{"uid":"1","kind":{"kind":"Pod"},"object":{"spec":{"containers":[{"name":"a"}]}}},"settings":{}}'],
];

differential.run();
