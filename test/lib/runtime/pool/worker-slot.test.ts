// The pool with real threads: what a guest can do to its thread, and what the next job notices of it. Some of these
// guests must really be killed; limits are upper bounds for them and far away for all others.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { deadlineAfter } from '../../../../lib/deadline.js';
import type { RuntimeEvent } from '../../../../lib/events.js';
import { Pool } from '../../../../lib/runtime/pool/pool.js';
import type { SandboxThread } from '../../../../lib/runtime/pool/sandbox-thread.js';
import { workerThreads } from '../../../../lib/runtime/pool/worker-slot.js';
import { ending, job, patient } from '../../../support/jobs.js';
import { bytesOf, guestModule } from '../../../support/wapc-guest.js';
import { wat } from '../../../support/wat.js';

const threads = suite('runtime/pool/worker-slot');

const warmBytes = 64 * 1024 * 1024;
const events: RuntimeEvent[] = [];
const pool = new Pool({
  limits: { workers: 1, spares: 1, parked: 0, queue: 10 },
  startThread: workerThreads(warmBytes),
  patience: patient,
  emit: (event) => events.push(event),
});
threads.after(() => pool.close());

const echo = guestModule({ call: '(call $guest_request (i32.const 0) (i32.const 64)) (call $guest_response (i32.const 64) (local.get $length)) (i32.const 1)' });
const loop = '(loop $forever (br $forever))';
const zeros = '(i32.const 0) '.repeat(8);

/** A good job after whatever came before: a fresh instance of another module. */
async function nextIsServed(): Promise<void> {
  assert.is(await ending(pool.run(job({ module: echo, payload: bytesOf('next') }))), 'answered: next');
}

threads('a job is answered', async () => {
  const result = await pool.run(job({ module: echo, payload: bytesOf('größe ☃') }));
  assert.equal(result.outcome, { kind: 'answered', payload: bytesOf('größe ☃') });
  assert.ok(result.runMs > 0);
});

threads('every job gets an instance of its own', async () => {
  const counter = guestModule({
    fields: '(global $calls (mut i32) (i32.const 0))',
    call: '(global.set $calls (i32.add (global.get $calls) (i32.const 1))) (call $guest_response (i32.const 0) (global.get $calls)) (i32.const 1)',
  });
  for (let run = 0; run < 5; run += 1) {
    const { outcome } = await pool.run(job({ module: counter }));
    assert.equal(outcome, { kind: 'answered', payload: new Uint8Array(1) });
  }
});

threads('the payload of the caller stays whole', async () => {
  const payload = bytesOf('kept');
  await pool.run(job({ module: echo, payload }));
  assert.equal(payload, bytesOf('kept'));
});

const endless: readonly (readonly [string, WebAssembly.Module, string])[] = [
  ['__guest_call', guestModule({ call: `${loop} (i32.const 1)` }), 'expired during call'],
  ['_start', guestModule({ fields: `(func (export "_start") ${loop})` }), 'expired during start'],
  ['wapc_init', guestModule({ fields: `(func (export "wapc_init") ${loop})` }), 'expired during start'],
  ['the start section, inside the instantiation itself,', guestModule({ fields: `(func $own ${loop}) (start $own)` }), 'expired during start'],
  ['host calls', guestModule({ call: `(loop $forever (drop (call $host_call ${zeros})) (br $forever)) (i32.const 1)` }), 'expired during call'],
];
for (const [where, module, expected] of endless) {
  threads(`a guest that never returns from ${where} is ended at its limit, and the next job is served`, async () => {
    const stuck = pool.run(job({ module, limitMs: 150 }));
    const next = nextIsServed();
    if (where === 'host calls') assert.ok(['expired during call', 'trapped: __host_call: the guest made more than 10000 host calls in one operation'].includes(await ending(stuck)));
    else assert.is(await ending(stuck), expected);
    await next;
  });
}

threads('a guest whose host call is never answered is ended at its limit, and the work for it is told so', async () => {
  let signal: AbortSignal | undefined;
  const module = guestModule({ call: `(call $host_call ${zeros})` });
  const stuck = pool.run(job({
    module,
    limitMs: 150,
    answer: (_, given) => {
      signal = given;
      return new Promise(() => undefined);
    },
  }));
  assert.is(await ending(stuck), 'expired during call');
  assert.is(signal?.aborted, true);
  await nextIsServed();
});

threads('a guest that was done in time is not ended because this thread was too busy to notice', async () => {
  // From here the event loop looks at its timers first, and only then at messages.
  await new Promise((resolve) => setImmediate(resolve));
  const result = pool.run(job({ module: echo, payload: bytesOf('done'), limitMs: 1000 }));
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1200);
  assert.is(await ending(result), 'answered: done');
});

threads("a request's deadline ends a guest that its own limit would let run", async () => {
  const stuck = pool.run(job({ module: guestModule({ call: `${loop} (i32.const 1)` }), deadline: deadlineAfter(150) }));
  assert.match(await ending(stuck), /^REQUEST_DEADLINE_EXCEEDED: .* while it ran/);
  await nextIsServed();
});

threads("a request's deadline ends the wait behind a long job, and that job goes on", async () => {
  let release: () => void = () => undefined;
  const long = pool.run(job({
    module: guestModule({ call: `(drop (call $host_call ${zeros})) (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)` }),
    answer: () => new Promise((resolve) => (release = () => resolve({ kind: 'answered', payload: new Uint8Array(0) }))),
  }));
  const late = pool.run(job({ module: echo, deadline: deadlineAfter(100) }));
  assert.match(await ending(late), /^REQUEST_DEADLINE_EXCEEDED: .* while it waited/);
  release();
  assert.is(await ending(long), 'answered: ');
});

threads('host calls are answered while other messages come and go', async () => {
  const module = guestModule({
    fields: '(data (i32.const 0) "ping")',
    call: `
      (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 4)))
      (call $console_log (i32.const 0) (i32.const 4))
      (drop (call $host_call (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 2)))
      (call $host_response (i32.const 64))
      (call $guest_response (i32.const 64) (call $host_response_len)) (i32.const 1)`,
  });
  const seen: string[] = [];
  const result = pool.run(job({
    module,
    answer: ({ payload }) => {
      seen.push(new TextDecoder().decode(payload));
      return Promise.resolve({ kind: 'answered', payload: bytesOf(`pong ${payload.byteLength}`) });
    },
    onOutput: (source, text) => seen.push(`${source} ${text}`),
  }));
  assert.is(await ending(result), 'answered: pong 2');
  assert.equal(seen, ['ping', 'console ping', 'pi']);
});

threads('of a flood of console lines a bounded part reaches this thread', async () => {
  const flood = guestModule({
    fields: '(global $left (mut i32) (i32.const 5000))',
    call: `
      (loop $next
        (call $console_log (i32.const 0) (i32.const 65536))
        (global.set $left (i32.sub (global.get $left) (i32.const 1)))
        (br_if $next (global.get $left)))
      (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)`,
  });
  let chars = 0;
  const { outcome } = await pool.run(job({ module: flood, limitMs: 60_000, onOutput: (_, text) => (chars += text.length) }));
  assert.is(outcome.kind, 'answered');
  assert.ok(chars > 1024 * 1024 && chars <= 1024 * 1024 + 65536, `${chars} characters`);
});

threads('traps, exhausted stacks and failed starts leave the thread in use', async () => {
  const before = events.length;
  const bad: readonly (readonly [WebAssembly.Module, RegExp])[] = [
    [guestModule({ call: 'unreachable' }), /^trapped: unreachable$/],
    [guestModule({ fields: '(func $deeper (call $deeper))', call: '(call $deeper) (i32.const 1)' }), /^trapped: Maximum call stack size exceeded$/],
    [guestModule({ fields: '(func (export "_start") unreachable)' }), /^start-failed: unreachable$/],
    [new WebAssembly.Module(wat('(module (import "env" "exec" (func)))')), /^start-failed: .*env/],
  ];
  for (const [module, expected] of bad) {
    assert.match(await ending(pool.run(job({ module }))), expected);
    await nextIsServed();
  }
  assert.equal(events.slice(before), []);
});

threads('a guest that makes our own code fail is an error, and its thread is replaced', async () => {
  const module = new WebAssembly.Module(wat('(module (memory (export "memory") 1) (func (export "__guest_call") (param i64) (result i64) (i64.const 1)))'));
  assert.match(await ending(pool.run(job({ module }))), /^Error: the sandbox thread failed: .*BigInt/);
  await nextIsServed();
});

threads('a guest deep in its stack cannot make the next host call take an answer that was not its own', async () => {
  // Calls the host from ever deeper, so that some call fails between question and answer; the failure ends this guest.
  const diver = guestModule({
    fields: `(func $dive (param $depth i32) (drop (call $host_call ${zeros})) (call $dive (i32.add (local.get $depth) (i32.const 1))))`,
    call: '(call $dive (i32.const 0)) (i32.const 1)',
  });
  const asks = guestModule({ call: `(drop (call $host_call ${zeros})) (call $host_response (i32.const 0)) (call $guest_response (i32.const 0) (call $host_response_len)) (i32.const 1)` });
  for (let round = 0; round < 3; round += 1) {
    const dive = pool.run(job({ module: diver, answer: () => Promise.resolve({ kind: 'answered', payload: bytesOf("the diver's") }) }));
    assert.match(await ending(dive), /^trapped: (Maximum call stack|__host_call: the guest made more than)/);
    const asked = pool.run(job({ module: asks, answer: () => Promise.resolve({ kind: 'answered', payload: bytesOf('my own') }) }));
    assert.is(await ending(asked), 'answered: my own');
  }
});

threads('closing ends threads in the middle of anything', async () => {
  const kinds: string[] = [];
  const own = new Pool({
    limits: { workers: 2, spares: 1, parked: 0, queue: 10 }, startThread: workerThreads(warmBytes), patience: patient, emit: ({ kind }) => kinds.push(kind),
  });
  const never = ending(own.run(job({ module: guestModule({ call: `${loop} (i32.const 1)` }) })));
  const waits = ending(own.run(job({ module: guestModule({ call: `(call $host_call ${zeros})` }), answer: () => new Promise(() => undefined) })));
  const queued = ending(own.run(job({ module: echo })));
  while (own.occupancy.running < 2) await new Promise((resolve) => setImmediate(resolve));
  await own.close();
  for (const result of [never, waits, queued]) assert.is(await result, 'RUNTIME_CLOSED: The runtime is closed.');
  assert.is(kinds.filter((kind) => kind === 'worker-stopped').length, 3);
  assert.not(kinds.includes('worker-stuck'));
});

threads('a thread that was given up does not keep the process', async () => {
  // It is left running: if it held the process, this file would never end, which the runner notices.
  const thread = await new Promise<SandboxThread>((resolve, reject) => {
    const starting: SandboxThread = workerThreads(warmBytes)({ onMessage: () => resolve(starting), onExit: reject });
  });
  thread.abandon();
});

threads.run();
