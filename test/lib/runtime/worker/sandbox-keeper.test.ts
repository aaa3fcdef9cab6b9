// Guests of one thread: nothing that one request leaves anywhere is seen by the next, whichever policy's it is. The same
// guest with a new instance for each request is the measure.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { InstanceUse } from '../../../../lib/events.js';
import { GuestInterrupted } from '../../../../lib/outcome.js';
import type { SandboxCode } from '../../../../lib/runtime/bridge/sandbox-code.js';
import { SandboxKeeper, type KeeperPorts, type SandboxRun } from '../../../../lib/runtime/worker/sandbox-keeper.js';
import { fixtureBytes, reviewText } from '../../../support/fixtures.js';
import { codeOf, freshCode, rewrittenCode } from '../../../support/sandbox-code.js';
import { bytesOf, guestBytes, guestModule, shownOutcome } from '../../../support/wapc-guest.js';
import { wat } from '../../../support/wat.js';

const keepers = suite('runtime/worker/sandbox-keeper');

/** A thread's keeper, and what its guests wrote. */
function thread(changes: Partial<KeeperPorts> = {}) {
  const written: string[] = [];
  const keeper = new SandboxKeeper({
    hostCall: ({ payload }) => ({ kind: 'answered', payload: payload.slice(0, 3) }),
    write: (source, line) => written.push(`${source}: ${line}`),
    onPhase: () => undefined,
    clock: { realtimeNs: () => 7n, monotonicNs: () => 9n },
    randomFill: (bytes) => bytes.fill(5),
    sleep: () => undefined,
    interruptMemory: new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }),
    warmBytes: 64 * 1024 * 1024,
    isInterrupted: () => false,
    onBegin: () => undefined,
    ...changes,
  });
  /** Runs one operation and what is left to do after it. */
  const run = (number: number, code: SandboxCode | undefined, payload: Uint8Array = new Uint8Array(0)): SandboxRun => {
    const done = keeper.run(number, code, 'validate', payload);
    if (done.afterwards.kind !== 'nothing') done.afterwards.perform();
    return done;
  };
  return { keeper, run, written };
}

const used = ({ instance }: SandboxRun): string => (instance.kind === 'new' ? instance.because : instance.kind);
const shown = ({ outcome }: SandboxRun): string => (outcome.kind === 'answered' ? `answered: ${Buffer.from(outcome.payload).toString('hex')}` : shownOutcome(outcome));

const imports = (name: string, parameters: string): string => `(import "wasi_snapshot_preview1" "${name}" (func $${name} (param ${parameters}) (result i32)))`;
const answer = '(call $guest_response (i32.const 0) (i32.const 8)) (i32.const 1)';

/** Ways to leave something behind: the first byte of a request chooses one. */
const routes = [
  'nothing',
  'memory, all of it',
  'globals of every type, a NaN with a payload among them',
  'memory that it grew, and its size',
  'memory that it grew by more than there is to spare',
  'an error for the host, and an answer',
  'an answer of the host that it did not fetch',
  'a closed descriptor, and flags of another',
  'half a line of output',
  'all of it, and then a trap',
  'all of it, and then an exhausted stack',
  'all of it, and then an exit',
  'all of it, and then a bad pointer',
] as const;

/** A guest that tells all it can see of its state, and then leaves behind what it was told to. */
const planter = guestBytes({
  imports: `${imports('fd_close', 'i32')} ${imports('fd_fdstat_get', 'i32 i32')} ${imports('fd_fdstat_set_flags', 'i32 i32')} ${imports('fd_write', 'i32 i32 i32 i32')}
    (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))`,
  fields: String.raw`
    (global $i (mut i32) (i32.const 1)) (global $l (mut i64) (i64.const 2)) (global $f (mut f32) (f32.const nan:0x200001)) (global $d (mut f64) (f64.const 4))
    (global $route (mut i32) (i32.const 0)) (global $at (mut i32) (i32.const 0)) (global $sum (mut i64) (i64.const 0))
    (data (i32.const 512) "\08\02\00\00\04\00\00\00half")
    (func $deeper (call $deeper))
    (func $fill (memory.fill (i32.const 4096) (i32.const 170) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4096))))
    (func $globals (global.set $i (i32.const 99)) (global.set $l (i64.const 99)) (global.set $f (f32.const nan:0x3fffff)) (global.set $d (f64.const 99)))
    (func $grow (param $pages i32)
      (if (i32.ne (memory.grow (local.get $pages)) (i32.const -1))
        (then (i64.store (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 8)) (i64.const -1)))))
    (func $host (call $guest_error (i32.const 512) (i32.const 4)) (call $guest_response (i32.const 512) (i32.const 4)))
    (func $ask (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512) (i32.const 4))))
    (func $close (drop (call $fd_close (i32.const 1))) (drop (call $fd_fdstat_set_flags (i32.const 2) (i32.const 1))))
    (func $print (drop (call $fd_write (i32.const 2) (i32.const 512) (i32.const 1) (i32.const 528))))
    (func $everything (call $globals) (call $host) (call $ask) (call $print) (call $close) (call $grow (i32.const 1)) (call $fill))
    (func $is (param i32) (result i32) (i32.eq (global.get $route) (local.get 0)))
    (func $plant
      (if (call $is (i32.const 1)) (then (call $fill)))
      (if (call $is (i32.const 2)) (then (call $globals)))
      (if (call $is (i32.const 3)) (then (call $grow (i32.const 1))))
      (if (call $is (i32.const 4)) (then (call $grow (i32.const 9))))
      (if (call $is (i32.const 5)) (then (call $host)))
      (if (call $is (i32.const 6)) (then (call $ask)))
      (if (call $is (i32.const 7)) (then (call $close)))
      (if (call $is (i32.const 8)) (then (call $print)))
      (if (i32.ge_s (global.get $route) (i32.const 9)) (then (call $everything)))
      (if (call $is (i32.const 9)) (then unreachable))
      (if (call $is (i32.const 10)) (then (call $deeper)))
      (if (call $is (i32.const 11)) (then (call $proc_exit (i32.const 0))))
      (if (call $is (i32.const 12)) (then (call $guest_response (i32.const -9) (i32.const 8)))))`,
  call: `
    (call $guest_request (i32.const 3072) (i32.const 3080))
    (global.set $route (i32.load8_u (i32.const 3080)))
    (i32.store8 (i32.const 3080) (i32.const 0))
    (i32.store (i32.const 0) (memory.size))
    (i32.store (i32.const 4) (global.get $i)) (i64.store (i32.const 8) (global.get $l)) (f32.store (i32.const 16) (global.get $f)) (f64.store (i32.const 24) (global.get $d))
    (i32.store (i32.const 32) (call $host_response_len)) (i32.store (i32.const 36) (call $host_error_len))
    (drop (call $fd_fdstat_get (i32.const 1) (i32.const 40))) (drop (call $fd_fdstat_get (i32.const 2) (i32.const 64)))
    (loop $next
      (global.set $sum (i64.add (i64.rotl (global.get $sum) (i64.const 7)) (i64.load (i32.add (global.get $at) (i32.const 4096)))))
      (global.set $at (i32.add (global.get $at) (i32.const 8)))
      (br_if $next (i32.lt_u (global.get $at) (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 4096)))))
    (i64.store (i32.const 88) (global.get $sum))
    (call $guest_response (i32.const 0) (i32.const 128))
    (call $plant)
    (if (call $is (i32.const 5)) (then (call $guest_response (i32.const 0) (i32.const 128))))
    (i32.const 1)`,
});

/** What a route comes to on an instance that nobody has used before. */
const untouched = routes.map((_, route) => shown(thread().run(1, freshCode(planter), Uint8Array.of(route))));

keepers('the guest sees what it should: its routes end as they are meant to', () => {
  assert.match(untouched[0] ?? '', /^answered: 01000000010000000200000000000000/);
  assert.equal([...new Set(untouched.slice(0, 9))], [untouched[0]], 'what it tells it has seen before it plants');
  assert.equal(untouched.slice(9), ['trapped: unreachable', 'trapped: Maximum call stack size exceeded', 'trapped: the guest exited with code 0', untouched[12]]);
  assert.match(untouched[12] ?? '', /^trapped: __guest_response: bytes 4294967287 to /);
});

for (const [route, title] of routes.entries()) {
  keepers(`the next request sees nothing of ${title}`, () => {
    const { run, written } = thread();
    const code = rewrittenCode(planter);
    for (let round = 0; round < 3; round += 1) {
      // A trap's text tells the size of the memory, which has pages to spare for a guest that mostly outgrows it.
      const found = shown(run(1, code, Uint8Array.of(route)));
      assert.is(found.replace(/of \d+ bytes/, ''), (untouched[route] ?? '').replace(/of \d+ bytes/, ''));
      assert.is(shown(run(1, code, Uint8Array.of(0))), untouched[0]);
    }
    assert.equal([...new Set(written)], route === 8 || route >= 9 ? ['stderr: half'] : []);
  });
}

keepers('nor does any order of requests, for two policies that share the instance or have one each', () => {
  const code = rewrittenCode(planter);
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 2 }), fc.nat(routes.length - 1)), { minLength: 1, maxLength: 40 }), fc.boolean(), (requests, shared) => {
      const { run } = thread();
      for (const [policy, route] of requests) {
        const found = shown(run(shared ? 1 : policy, code, Uint8Array.of(route)));
        assert.is(found.replace(/of \d+ bytes/, ''), (untouched[route] ?? '').replace(/of \d+ bytes/, ''));
      }
    }),
    { seed: 20_261_125, numRuns: 100 },
  );
});

/** How a guest's instances were come by, over some requests. */
function uses(code: SandboxCode, requests: number, changes: Partial<KeeperPorts> = {}, payload = new Uint8Array(1)): readonly string[] {
  const { run } = thread(changes);
  return Array.from({ length: requests }, () => used(run(1, code, payload)));
}

keepers('an instance is made once and then put back', () => {
  assert.equal(uses(rewrittenCode(planter), 4), ['first', 'reset', 'reset', 'reset']);
});

keepers('a trap does not cost the instance, an exhausted stack does, and another one is ready before the next request', () => {
  assert.equal(uses(rewrittenCode(planter), 3, {}, Uint8Array.of(9)), ['first', 'reset', 'reset']);
  const { keeper, run } = thread();
  const deep = keeper.run(1, rewrittenCode(planter), 'validate', Uint8Array.of(10));
  assert.is(deep.afterwards.kind, 'replace');
  if (deep.afterwards.kind === 'replace') deep.afterwards.perform();
  assert.is(used(run(1, undefined, Uint8Array.of(0))), 'reset', 'it has served nobody, but was brought up before');
});

keepers('a guest that outgrows its instance gets another, and pages to spare when it mostly does', () => {
  const { keeper } = thread();
  const kinds = Array.from({ length: 5 }, () => {
    const { afterwards } = keeper.run(1, rewrittenCode(planter), 'validate', Uint8Array.of(3));
    if (afterwards.kind !== 'nothing') afterwards.perform();
    return afterwards.kind;
  });
  assert.equal(kinds, ['replace', 'put-back', 'put-back', 'put-back', 'put-back']);
});

keepers('a guest that seldom outgrows its instance gets no pages to spare, and traps behind its end as it always did', () => {
  const { run } = thread();
  const code = rewrittenCode(guestBytes({ call: `
    (call $guest_request (i32.const 0) (i32.const 16))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 1)) (then (drop (memory.grow (i32.const 1)))))
    (if (i32.eq (i32.load8_u (i32.const 16)) (i32.const 2)) (then (i32.store8 (i32.const 65536) (i32.const 1))))
    ${answer}` }));
  const found = [0, 0, 0, 1, 0, 2, 0].map((route) => run(1, code, Uint8Array.of(route)).outcome.kind);
  assert.equal(found, ['answered', 'answered', 'answered', 'answered', 'answered', 'trapped', 'answered']);
});

for (const [title, text] of [
  ['random bytes', { imports: imports('random_get', 'i32 i32'), fields: '(func (export "wapc_init") (drop (call $random_get (i32.const 0) (i32.const 8))))', call: answer }],
  ['a clock', { imports: imports('clock_time_get', 'i32 i64 i32'), fields: '(func (export "_start") (drop (call $clock_time_get (i32.const 1) (i64.const 0) (i32.const 0))))', call: answer }],
  ['its host', { fields: `(func (export "wapc_init") (drop (call $host_call ${'(i32.const 0) '.repeat(8)})))`, call: answer }],
] as const) {
  keepers(`a guest whose start functions read ${title} gets a new instance each time, unless that is allowed to be repeated`, () => {
    assert.equal(uses(rewrittenCode(guestBytes(text)), 3), ['first', 'init-not-repeatable', 'init-not-repeatable']);
    assert.equal(uses(rewrittenCode(guestBytes(text), { reuse: { kind: 'reset', repeatsInit: true } }), 3), ['first', 'reset', 'reset']);
  });
}

keepers('what a guest reads during a request costs it nothing', () => {
  const code = rewrittenCode(guestBytes({ imports: imports('random_get', 'i32 i32'), call: `(drop (call $random_get (i32.const 0) (i32.const 8))) ${answer}` }));
  assert.equal(uses(code, 3), ['first', 'reset', 'reset']);
});

keepers('a module whose state no reset reaches gets a new instance each time, and so does a policy that asks for it', () => {
  const table = guestBytes({ fields: '(table $t 2 funcref) (elem declare func $f) (func $f)', call: `(table.set $t (i32.const 0) (ref.func $f)) ${answer}` });
  assert.equal(uses(rewrittenCode(table), 3), ['not-provable', 'not-provable', 'not-provable']);
  assert.equal(uses(freshCode(planter), 3), ['asked-for', 'asked-for', 'asked-for']);
});

keepers('a guest that cannot be brought up is told so each time', () => {
  const { run } = thread();
  const code = rewrittenCode(guestBytes({ fields: '(func (export "wapc_init") unreachable)' }));
  for (let round = 0; round < 2; round += 1) assert.is(shown(run(1, code)), 'start-failed: unreachable');
});

keepers('instances that were used longest ago make room for others', () => {
  // Each takes a page and what of it is not zero.
  const { run } = thread({ warmBytes: 2 * 65_536 + 8192 });
  const code = rewrittenCode(guestBytes({ call: answer }));
  const order = [1, 2, 1, 3, 1, 2];
  assert.equal(order.map((number) => used(run(number, code))), ['first', 'first', 'reset', 'first', 'reset', 'first']);
});

keepers('without room every request gets a new instance', () => {
  assert.equal(uses(rewrittenCode(planter), 3, { warmBytes: 0 }), ['first', 'first', 'first']);
});

keepers('code comes once; what was forgotten has to come again', () => {
  const { keeper, run } = thread();
  run(1, rewrittenCode(planter));
  run(1, undefined);
  keeper.forget([1]);
  assert.throws(() => run(1, undefined), /was never given the code of sandbox 1/);
});

keepers('a guest that was interrupted in its host call is put back; no other one is built while the flag is up', () => {
  let isInterrupted = false;
  const ports: Partial<KeeperPorts> = {
    isInterrupted: () => isInterrupted,
    hostCall: () => {
      isInterrupted = true;
      throw new GuestInterrupted();
    },
  };
  const { run } = thread(ports);
  const code = rewrittenCode(planter);
  const interrupted = run(1, code, Uint8Array.of(6));
  assert.is(shown(interrupted), 'trapped: the guest was interrupted');
  assert.is(interrupted.afterwards.kind, 'put-back');
  assert.is(run(1, code, Uint8Array.of(3)).afterwards.kind, 'nothing', 'it grew, and would have to be built anew');
  isInterrupted = false;
  const next = run(1, code, Uint8Array.of(0));
  assert.equal([used(next), shown(next)], ['given-up', untouched[0]]);
});

keepers('a memory that the host makes is put back like one of its own', () => {
  const importing = wat(`(module
    (import "env" "memory" (memory 1))
    (import "wapc" "__guest_response" (func $guest_response (param i32 i32)))
    (data (i32.const 0) "first")
    (func (export "__guest_call") (param i32 i32) (result i32)
      (call $guest_response (i32.const 0) (i32.const 5)) (i32.store (i32.const 0) (i32.const 0)) (i32.store (i32.const 65532) (i32.const 1)) (i32.const 1)))`);
  const { run } = thread();
  const code = rewrittenCode(importing);
  const found = Array.from({ length: 3 }, () => run(1, code));
  assert.equal(found.map(used), ['first', 'reset', 'reset']);
  assert.equal(found.map(({ outcome }) => shownOutcome(outcome)), ['answered: first', 'answered: first', 'answered: first']);
});

keepers('our own failure goes on up', () => {
  const { run } = thread();
  const bad = codeOf(new WebAssembly.Module(wat('(module (memory (export "memory") 1) (func (export "__guest_call") (param i64) (result i64) (i64.const 1)))')));
  assert.throws(() => run(1, bad), /BigInt/);
  assert.is(run(2, codeOf(guestModule({ call: answer }))).outcome.kind, 'answered');
});

const payloads = ['pod-allowed', 'pod-privileged', 'pod-delete', 'deployment-allowed', 'custom-resource-numbers'].flatMap((name) => {
  const { request } = JSON.parse(reviewText(name)) as { readonly request: unknown };
  return [{ request, settings: {} }, { request, settings: { label: 'team', value: 'a' } }];
});

for (const name of ['add-label', 'add-label-cpp', 'add-label-javascript', 'add-label-rust', 'messagepack', 'namespace-label-rust', 'panics-rust', 'pod-privileged', 'pod-privileged-cpp', 'pod-privileged-javascript', 'pod-privileged-rust', 'raw-default-user-rust']) {
  keepers(`${name} answers from an instance that was put back as from a new one`, () => {
    const bytes = fixtureBytes(name);
    const [reset, fresh] = [rewrittenCode(bytes), freshCode(bytes)];
    const inputs = [...payloads.map((payload) => bytesOf(JSON.stringify(payload))), bytesOf(''), bytesOf('{'), bytesOf(`{"request":${'['.repeat(500)}`), new Uint8Array(300_000).fill(120)];
    const expected = inputs.map((input) => shown(thread().run(1, fresh, input)));
    const { run } = thread();
    const found: InstanceUse[] = [];
    for (let round = 0; round < 300; round += 1) {
      const index = (round * 7 + (round >> 3)) % inputs.length;
      const done = run(1, reset, inputs[index]);
      found.push(done.instance);
      assert.is(shown(done), expected[index], `request ${round}, input ${index}`);
    }
    assert.ok(found.filter(({ kind }) => kind === 'reset').length > 200, 'most are put back');
  });
}

keepers.run();
