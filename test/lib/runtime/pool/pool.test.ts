// The pool with threads driven by hand: every order of messages, answers, exits and failures. Real threads are in
// pool-threads.test.ts.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { deadlineAfter } from '../../../../lib/deadline.js';
import type { RuntimeEvent } from '../../../../lib/events.js';
import type { Outcome } from '../../../../lib/outcome.js';
import { Pool, type PoolOptions } from '../../../../lib/runtime/pool/pool.js';
import type { HostAnswer } from '../../../../lib/wapc/protocol.js';
import { HandDrivenThreads, type HandDrivenThread } from '../../../support/hand-driven-threads.js';
import { ending, job, patient } from '../../../support/jobs.js';
import { codeOf } from '../../../support/sandbox-code.js';
import { guestModule } from '../../../support/wapc-guest.js';

const pools = suite('runtime/pool/pool');

const done: Outcome = { kind: 'failed', message: 'done' };

function handDrivenPool(limits: Partial<PoolOptions['limits']> = {}, patience: Partial<PoolOptions['patience']> = {}) {
  const threads = new HandDrivenThreads();
  const events: RuntimeEvent[] = [];
  const pool = new Pool({ limits: { workers: 1, spares: 1, parked: 0, queue: 10, ...limits }, startThread: threads.start, patience: { ...patient, ...patience }, emit: (event) => events.push(event) });
  return { pool, threads, events, eventKinds: () => events.map(({ kind }) => kind) };
}

/** How many timers would still keep the process. */
const timers = (): number => process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length;

/** Lets promises that are settled be noticed. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

pools('a job runs on the first thread that is ready and ends with its outcome', async () => {
  const { pool, threads } = handDrivenPool();
  const result = pool.run(job({ operation: 'validate' }));
  assert.equal(pool.occupancy, { waiting: 1, running: 0 });
  threads.nth(1).ready();
  assert.equal(pool.occupancy, { waiting: 0, running: 1 });
  assert.is(threads.nth(1).assigned[0]?.operation, 'validate');
  threads.nth(1).finish(done);
  assert.is(await ending(result), 'failed: done');
  assert.equal(pool.occupancy, { waiting: 0, running: 0 });
  assert.ok((await result).waitMs >= 0);
  assert.is((await result).runMs, 1);
});

pools('a thread is used again', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  for (const message of ['one', 'two']) {
    const result = pool.run(job());
    threads.nth(1).finish({ kind: 'failed', message });
    assert.is(await ending(result), `failed: ${message}`);
  }
  assert.is(threads.threads.length, 1);
});

pools('a phase that uses up its limit ends the job and its thread; the spare takes the next job', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  threads.nth(2).ready();
  const slow = pool.run(job({ limitMs: 5 }));
  const next = pool.run(job());
  assert.is(await ending(slow), 'expired during start');
  assert.ok(threads.nth(1).isStopped);
  assert.is(threads.nth(2).assigned.length, 1, 'before the thread is gone');
  threads.nth(2).finish(done);
  assert.is(await ending(next), 'failed: done');
});

pools('the phases have limits of their own', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  const result = pool.run(job({ limitMs: 40 }));
  const thread = threads.nth(1);
  const startMs = thread.reading?.sinceMs ?? 0;
  // The start took nearly its whole limit, then the operation began.
  thread.reading = { phase: 'call', sinceMs: startMs + 30 };
  assert.is(await ending(result), 'expired during call');
  assert.ok((await result).runMs >= 70, 'not before 30 and 40 ms');
});

pools('a guest that is done in time is not ended, however late its outcome is looked at', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  await turn();
  const before = timers();
  const result = pool.run(job({ limitMs: 1 }));
  threads.nth(1).reading = undefined;
  while (timers() > before) await turn();
  threads.nth(1).finish(done);
  assert.is(await ending(result), 'failed: done');
  assert.not(threads.nth(1).isStopped);
});

pools("a request's deadline ends a running job with a fault, and its thread", async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  const result = pool.run(job({ deadline: deadlineAfter(5) }));
  assert.is(await ending(result), "REQUEST_DEADLINE_EXCEEDED: The request's deadline passed while it ran; nobody waits for the answer any more.");
  assert.ok(threads.nth(1).isStopped);
});

pools("a request's deadline ends a waiting job with a fault of its own", async () => {
  const { pool } = handDrivenPool();
  const result = pool.run(job({ deadline: deadlineAfter(5) }));
  assert.is(await ending(result), "REQUEST_DEADLINE_EXCEEDED: The request's deadline passed while it waited for a free worker; nobody waits for the answer any more.");
  assert.equal(pool.occupancy, { waiting: 0, running: 0 });
});

pools('a job that comes too late is not begun', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  assert.match(await ending(pool.run(job({ deadline: deadlineAfter(0) }))), /^REQUEST_DEADLINE_EXCEEDED: .* while it waited/);
  assert.is(threads.nth(1).assigned.length, 0);
});

pools('one job more than may wait is refused', async () => {
  const { pool } = handDrivenPool({ queue: 1 });
  const first = ending(pool.run(job()));
  assert.is(await ending(pool.run(job())), 'POOL_SATURATED: Too many evaluations are waiting; try again later or give the runtime more workers.');
  void pool.close();
  await first;
});

pools('a thread that vanishes under a job traps it and is replaced', async () => {
  const { pool, threads, events } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  const result = pool.run(job());
  threads.nth(1).exit('out of memory');
  assert.is(await ending(result), 'trapped: the sandbox thread ended under it');
  assert.is(threads.threads.length, 2);
  assert.equal(events.at(-1), { kind: 'worker-stopped', workerId: 1, reason: 'out of memory' });
});

pools('our own failure in a thread is an error, not an outcome, and the thread is not used again', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  const result = pool.run(job());
  threads.nth(1).events.onMessage({ kind: 'broke', job: threads.nth(1).job, message: 'x is undefined', stack: 'the stack' });
  const error: unknown = await result.then(undefined, (thrown: unknown) => thrown);
  assert.ok(error instanceof Error);
  assert.is(error.message, 'the sandbox thread failed: x is undefined');
  assert.is(error.stack, 'the stack');
  assert.ok(threads.nth(1).isStopped);
});

pools('messages of a thread that is being ended do not reach the jobs of others', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  threads.nth(2).ready();
  const lines: string[] = [];
  threads.nth(1).isStubborn = true;
  const slow = pool.run(job({ limitMs: 1, onOutput: (_, text) => lines.push(text) }));
  const next = pool.run(job({ onOutput: (_, text) => lines.push(text) }));
  await ending(slow);
  const stopped = threads.nth(1);
  const { job: nextJob } = threads.nth(2);
  stopped.finish(done);
  stopped.finish({ kind: 'failed', message: 'of the wrong thread' }, nextJob);
  stopped.ask(1, nextJob);
  stopped.events.onMessage({ kind: 'wrote', job: nextJob, source: 'console', text: 'of the wrong thread' });
  stopped.events.onMessage({ kind: 'broke', job: nextJob, message: 'of the wrong thread', stack: '' });
  stopped.ready();
  threads.nth(2).finish({ kind: 'failed', message: 'right' });
  assert.is(await ending(next), 'failed: right');
  assert.equal(lines, []);
  assert.is(stopped.assigned.length, 1);
  assert.is(stopped.replies.length, 0);
  stopped.exit();
});

pools('what a guest writes reaches its own job', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  const lines: string[] = [];
  const result = pool.run(job({ onOutput: (source, text) => lines.push(`${source}: ${text}`) }));
  threads.nth(1).events.onMessage({ kind: 'wrote', job: threads.nth(1).job, source: 'stderr', text: 'hello' });
  threads.nth(1).finish(done);
  await ending(result);
  assert.equal(lines, ['stderr: hello']);
});

pools('a host call is answered with the serial it was asked with', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  const answer: HostAnswer = { kind: 'answered', payload: Uint8Array.of(1) };
  const result = pool.run(job({ answer: () => Promise.resolve(answer) }));
  threads.nth(1).ask(41);
  await turn();
  threads.nth(1).ask(42);
  await turn();
  assert.equal(threads.nth(1).replies, [{ serial: 41, answer }, { serial: 42, answer }]);
  threads.nth(1).finish(done);
  await ending(result);
});

pools('an answer that comes after the job has ended is dropped, and the signal told it so', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  let late: (answer: HostAnswer) => void = () => undefined;
  let signal: AbortSignal | undefined;
  const first = pool.run(job({
    answer: (_, given) => {
      signal = given;
      return new Promise((resolve) => (late = resolve));
    },
  }));
  threads.nth(1).ask(1);
  assert.is(signal?.aborted, false);
  threads.nth(1).finish(done);
  await ending(first);
  assert.is(signal?.aborted, true);
  const second = pool.run(job());
  late({ kind: 'answered', payload: new Uint8Array(0) });
  await turn();
  assert.equal(threads.nth(1).replies, []);
  threads.nth(1).finish(done);
  await ending(second);
});

pools('an answer for a thread that is gone is dropped', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  let late: (answer: HostAnswer) => void = () => undefined;
  const result = pool.run(job({ answer: () => new Promise((resolve) => (late = resolve)) }));
  threads.nth(1).ask(1);
  threads.nth(1).exit();
  assert.match(await ending(result), /^trapped/);
  late({ kind: 'answered', payload: new Uint8Array(0) });
  await turn();
  assert.equal(threads.nth(1).replies, []);
});

for (const [title, answer] of [
  ['rejects', () => Promise.reject(new Error('a bug in the host'))],
  [
    'throws',
    () => {
      throw new Error('a bug in the host');
    },
  ],
] as const) {
  pools(`a host-call handler that ${title} ends the job with its error`, async () => {
    const { pool, threads } = handDrivenPool();
    threads.nth(1).ready();
    const result = pool.run(job({ answer }));
    threads.nth(1).ask(1);
    assert.is(await ending(result), 'Error: a bug in the host');
    assert.ok(threads.nth(1).isStopped);
  });
}

pools('a thread that cannot be created is a failed start: after a few nobody waits, and a later job tries again', async () => {
  const { pool, threads, events } = handDrivenPool({ spares: 0 });
  threads.nth(1).exit('no memory');
  threads.refusal = new Error('no more threads');
  threads.nth(2).exit('no memory');
  const result = pool.run(job());
  assert.match(await ending(result), /^POOL_UNAVAILABLE: There is no sandbox thread and none can be started/);
  assert.equal(events.at(-1), { kind: 'worker-stopped', workerId: 3, reason: 'no more threads' });
  threads.refusal = undefined;
  const next = pool.run(job());
  threads.nth(3).ready();
  threads.nth(3).finish(done);
  assert.is(await ending(next), 'failed: done');
});

pools('closing settles what runs and what waits, and waits for the threads', async () => {
  const { pool, threads, eventKinds } = handDrivenPool();
  threads.nth(1).ready();
  const running = ending(pool.run(job()));
  const waiting = ending(pool.run(job()));
  for (const thread of threads.threads) thread.isStubborn = true;
  let isClosed = false;
  const closing = pool.close().then(() => (isClosed = true));
  assert.is(await running, 'RUNTIME_CLOSED: The runtime is closed.');
  assert.is(await waiting, 'RUNTIME_CLOSED: The runtime is closed.');
  assert.is(await ending(pool.run(job())), 'RUNTIME_CLOSED: The runtime is closed.');
  threads.nth(1).exit();
  await turn();
  assert.not(isClosed, 'one thread is left, one that was never ready');
  threads.nth(2).exit();
  await closing;
  await pool.close();
  assert.equal(eventKinds(), ['worker-started', 'worker-stopped', 'worker-stopped']);
});

pools('a thread that cannot be stopped does not hold up closing; it is reported and let go', async () => {
  const { pool, threads, events } = handDrivenPool({ spares: 0 }, { stopMs: 5 });
  threads.nth(1).isStubborn = true;
  threads.nth(1).ready();
  const result = ending(pool.run(job()));
  await pool.close();
  await result;
  assert.ok(threads.nth(1).isAbandoned);
  assert.equal(events.at(-1), { kind: 'worker-stuck', workerId: 1, waitedMs: 5 });
  threads.nth(1).exit();
  assert.is(events.at(-1)?.kind, 'worker-stopped', 'it went after all');
});

pools('threads that cannot be stopped do not keep jobs waiting for ever', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 }, { stopMs: 5 });
  for (let number = 1; number <= 3; number += 1) {
    threads.nth(number).isStubborn = true;
    threads.nth(number).ready();
    assert.is(await ending(pool.run(job({ limitMs: 1 }))), 'expired during start');
  }
  assert.is(threads.threads.length, 3);
  assert.match(await ending(pool.run(job())), /^POOL_UNAVAILABLE/);
  threads.nth(2).exit();
  assert.is(threads.threads.length, 4);
  const result = pool.run(job());
  threads.nth(4).ready();
  threads.nth(4).finish(done);
  assert.is(await ending(result), 'failed: done');
});

/** A job whose guest can be interrupted: it was compiled with checks. */
const interruptible = codeOf(guestModule({}), { layout: { memory: 'memory', globals: undefined, memoryImport: undefined, epochImport: { module: 'e', name: 'm' } } });

pools('a guest that can be interrupted is; its thread serves on, and the flag is taken back before the next job', async () => {
  const { pool, threads, eventKinds } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  const slow = pool.run(job({ limitMs: 1, code: interruptible }));
  const next = pool.run(job());
  assert.is(await ending(slow), 'expired during start');
  assert.is(threads.nth(1).isInterrupted, true);
  assert.is(threads.nth(1).assigned.length, 1, 'nothing new before it is out');
  const flags: boolean[] = [];
  threads.nth(1).onAssign = () => flags.push(threads.nth(1).isInterrupted);
  threads.nth(1).finish({ kind: 'trapped', message: 'unreachable' });
  assert.equal(flags, [false]);
  threads.nth(1).finish(done);
  assert.is(await ending(next), 'failed: done');
  assert.equal(eventKinds(), ['worker-started', 'worker-interrupted']);
});

pools('a guest that was interrupted and does not come back is ended with its thread', async () => {
  const { pool, threads, events } = handDrivenPool({ spares: 0 }, { interruptMs: 5 });
  threads.nth(1).ready();
  threads.nth(1).isStubborn = true;
  assert.is(await ending(pool.run(job({ limitMs: 1, code: interruptible }))), 'expired during start');
  while (!threads.nth(1).isStopped) await turn();
  assert.equal(events.at(-1), { kind: 'worker-killed', workerId: 1, reason: 'it did not come back when it was interrupted' });
  threads.nth(1).finish(done);
  assert.is(threads.nth(1).assigned.length, 1);
  threads.nth(1).exit();
});

pools('a guest that is interrupted while it waits for its host is woken, whether it asked before or asks after', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  const never = (): Promise<HostAnswer> => new Promise(() => undefined);
  for (const asksBefore of [true, false]) {
    const slow = pool.run(job({ limitMs: 5, code: interruptible, answer: never }));
    const serial = asksBefore ? 1 : 2;
    if (asksBefore) threads.nth(1).ask(serial);
    await ending(slow);
    if (!asksBefore) threads.nth(1).ask(serial);
    assert.equal(threads.nth(1).replies.at(-1), { serial, answer: { kind: 'interrupted' } });
    threads.nth(1).finish({ kind: 'trapped', message: 'the guest was interrupted' });
  }
  assert.is(await servedBy(pool, threads.nth(1)), 'failed: done');
});

/** Runs one job on the thread. */
async function servedBy(pool: Pool, thread: HandDrivenThread): Promise<string> {
  const result = pool.run(job());
  thread.finish(done);
  return ending(result);
}

pools('a thread that builds a new instance takes no job meanwhile; the spare does', async () => {
  const { pool, threads } = handDrivenPool();
  threads.nth(1).ready();
  threads.nth(2).ready();
  const first = pool.run(job());
  threads.nth(1).finish(done, threads.nth(1).job, true);
  assert.is(await ending(first), 'failed: done');
  assert.is(await servedBy(pool, threads.nth(2)), 'failed: done');
  threads.nth(1).mended();
  assert.is(await servedBy(pool, threads.nth(1)), 'failed: done');
});

pools('a thread that never comes back from building a new instance is ended', async () => {
  const { pool, threads, events } = handDrivenPool({ spares: 0 }, { mendMs: 5 });
  threads.nth(1).ready();
  const first = pool.run(job());
  threads.nth(1).finish(done, threads.nth(1).job, true);
  await ending(first);
  while (!threads.nth(1).isStopped) await turn();
  assert.is(events.at(-1)?.kind, 'worker-killed');
});

pools('a job that waits long for its host lets another one run on a thread more', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0, parked: 1 }, { parkMs: 1 });
  threads.nth(1).ready();
  let release: (answer: HostAnswer) => void = () => undefined;
  const parked = pool.run(job({ answer: () => new Promise((resolve) => (release = resolve)) }));
  const next = pool.run(job());
  threads.nth(1).ask(1);
  while (threads.threads.length < 2) await turn();
  threads.nth(2).ready();
  threads.nth(2).finish(done);
  assert.is(await ending(next), 'failed: done');
  release({ kind: 'answered', payload: new Uint8Array(0) });
  await turn();
  assert.is(threads.nth(1).replies.length, 1);
  threads.nth(1).finish(done);
  assert.is(await ending(parked), 'failed: done');
});

pools('code is sent to a thread once, and again after it was told to forget it', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  await servedBy(pool, threads.nth(1));
  await servedBy(pool, threads.nth(1));
  pool.retain(() => false);
  await servedBy(pool, threads.nth(1));
  assert.equal(threads.nth(1).assigned.map(({ code }) => code !== undefined), [true, false, true]);
  assert.equal(threads.nth(1).forgotten, [job().sandbox]);
});

pools('no timer of a settled job keeps the process or fires late', async () => {
  const { pool, threads } = handDrivenPool({ spares: 0 });
  threads.nth(1).ready();
  await turn();
  const before = timers();
  const result = pool.run(job({ deadline: deadlineAfter(60_000), limitMs: 60_000 }));
  assert.is(timers(), before + 2);
  threads.nth(1).finish(done);
  await ending(result);
  await pool.close();
  assert.is(timers(), before);
});

pools('an event sink that throws does not leave the pool half way', async () => {
  const threads = new HandDrivenThreads();
  const pool = new Pool({
    limits: { workers: 1, spares: 0, parked: 0, queue: 1 }, startThread: threads.start, patience: patient,
    emit: () => {
      throw new Error('the sink is broken');
    },
  });
  assert.throws(() => threads.nth(1).ready(), /the sink is broken/);
  const result = pool.run(job());
  threads.nth(1).finish(done);
  assert.is(await ending(result), 'failed: done');
  assert.throws(() => threads.nth(1).exit(), /the sink is broken/);
  assert.is(threads.threads.length, 2);
});

pools.run();
