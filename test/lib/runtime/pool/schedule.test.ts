// The schedule as a machine: directed cases first, then random histories of a small world in which threads start, fail,
// finish, hang and vanish in any order.
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { deadlineAfter, never, type Deadline } from '../../../../lib/deadline.js';
import { emptyPool, schedule, type Ending, type PoolCommand, type PoolEvent, type PoolState } from '../../../../lib/runtime/pool/schedule.js';
import { lostPerWorker, maxFailedStarts, type PoolLimits } from '../../../../lib/runtime/pool/slots.js';
import { waitingJobs, type ScheduledJob } from '../../../../lib/runtime/pool/waiting-jobs.js';

const schedules = suite('runtime/pool/schedule');

/** A job of one policy without limits. */
function scheduled(id: number, deadline: Deadline = never, changes: Partial<ScheduledJob> = {}): ScheduledJob {
  return { id, policy: 'p', sandbox: 1, maxConcurrent: Number.POSITIVE_INFINITY, deadline, ...changes };
}

/** A pool driven by hand, with what it ordered. */
class Driven {
  readonly limits: PoolLimits;
  state: PoolState = emptyPool;
  nowMs = 0;

  constructor(limits: PoolLimits) {
    this.limits = limits;
    this.send({ kind: 'opened' });
  }

  /** Orders as short texts: `start 1`, `stop 1`, `assign 1 to 7`, `settle 7 lost`. */
  send(event: PoolEvent): readonly string[] {
    const [state, commands] = schedule(this.state, event, this.limits, this.nowMs);
    this.state = state;
    return commands.map(shown);
  }

  submit(id: number, deadline: Deadline = never, changes: Partial<ScheduledJob> = {}): readonly string[] {
    return this.send({ kind: 'submitted', job: scheduled(id, deadline, changes) });
  }

  /** What a thread is doing. */
  condition(number: number): string | undefined {
    return this.state.slots.find((slot) => slot.number === number)?.kind;
  }

  ready(...slots: readonly number[]): void {
    for (const slot of slots) this.send({ kind: 'started', slot });
  }
}

function shown(command: PoolCommand): string {
  switch (command.kind) {
    case 'assign':
      return `assign ${command.slot} to ${command.job}`;
    case 'settle':
      return `settle ${command.job} ${command.ending}`;
    default:
      return `${command.kind} ${command.slot}`;
  }
}

const limits: PoolLimits = { workers: 2, spares: 1, parked: 0, queue: 2 };

schedules('opening starts the workers and the spare', () => {
  assert.equal(schedule(emptyPool, { kind: 'opened' }, limits, 0)[1].map(shown), ['start 1', 'start 2', 'start 3']);
});

schedules('a job waits for the first thread that is ready, then runs at once', () => {
  const pool = new Driven(limits);
  assert.equal(pool.submit(7), []);
  assert.equal(pool.send({ kind: 'started', slot: 2 }), ['assign 2 to 7']);
  assert.equal(pool.send({ kind: 'started', slot: 1 }), []);
  assert.equal(pool.submit(8), ['assign 1 to 8']);
});

schedules('no more jobs run at once than there are workers, though the spare is idle', () => {
  const pool = new Driven(limits);
  pool.ready(1, 2, 3);
  assert.equal([...pool.submit(1), ...pool.submit(2)], ['assign 1 to 1', 'assign 2 to 2']);
  assert.equal(pool.submit(3), []);
  assert.equal(pool.send({ kind: 'finished', slot: 2, isMending: false }), ['assign 2 to 3']);
});

schedules('jobs are served in the order of their arrival', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  for (const id of [1, 2, 3]) pool.submit(id);
  assert.equal(pool.send({ kind: 'started', slot: 1 }), ['assign 1 to 1']);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), ['assign 1 to 2']);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), ['assign 1 to 3']);
});

schedules('a job that overruns is ended with its thread, and the spare takes the next job at once', () => {
  const pool = new Driven({ workers: 1, spares: 1, parked: 0, queue: 9 });
  pool.ready(1, 2);
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.send({ kind: 'overran', job: 1, canInterrupt: false }), ['stop 1', 'settle 1 overran', 'assign 2 to 2', 'start 3']);
  assert.equal(pool.send({ kind: 'stopped', slot: 1 }), []);
});

schedules('one job more than may wait is refused, the last one', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 2 });
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.submit(3), ['settle 3 saturated']);
  assert.equal(pool.send({ kind: 'started', slot: 1 }), ['assign 1 to 1']);
  assert.equal(pool.submit(4), []);
  assert.equal(pool.submit(5), ['settle 5 saturated']);
});

schedules('a queue of nothing lets a job run, but not wait', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 0 });
  assert.equal(pool.submit(1), ['settle 1 saturated']);
  pool.ready(1);
  assert.equal(pool.submit(2), ['assign 1 to 2']);
  assert.equal(pool.submit(3), ['settle 3 saturated']);
});

schedules('a job whose deadline has passed is not begun', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.submit(1, deadlineAfter(10, 0));
  pool.submit(2, deadlineAfter(100, 0));
  pool.nowMs = 10;
  assert.equal(pool.send({ kind: 'started', slot: 1 }), ['settle 1 expired-waiting', 'assign 1 to 2']);
});

schedules('a job that arrives too late is not even queued', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 0 });
  pool.nowMs = 5;
  assert.equal(pool.submit(1, deadlineAfter(5, 0)), ['settle 1 expired-waiting']);
});

schedules('a waiting job whose deadline passes is let go', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.send({ kind: 'overran', job: 1, canInterrupt: false }), ['settle 1 expired-waiting']);
  assert.equal(pool.send({ kind: 'started', slot: 1 }), ['assign 1 to 2']);
});

schedules('a thread that vanishes loses its job and is replaced', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.ready(1);
  pool.submit(1);
  assert.equal(pool.send({ kind: 'stopped', slot: 1 }), ['settle 1 lost', 'start 2']);
});

schedules('events about what is over are passed over', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.ready(1);
  pool.submit(1);
  pool.send({ kind: 'overran', job: 1, canInterrupt: false });
  assert.equal(pool.send({ kind: 'overran', job: 1, canInterrupt: false }), [], 'overran twice');
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), [], 'finished while stopping');
  assert.equal(pool.send({ kind: 'started', slot: 1 }), [], 'ready while stopping');
  assert.is(pool.condition(1), 'stopping');
  pool.send({ kind: 'stopped', slot: 1 });
  for (const kind of ['stopped', 'started', 'stuck', 'mended', 'overdue'] as const) assert.equal(pool.send({ kind, slot: 1 }), [], `${kind} when gone`);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), [], 'finished when gone');
  assert.equal(pool.send({ kind: 'parked', job: 1, isParked: true }), [], 'parked when over');
  assert.equal(pool.send({ kind: 'overran', job: 99, canInterrupt: false }), [], 'a job that never was');
});

schedules('threads that cannot be started are tried a few times, then nobody waits for them', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.submit(7);
  for (let slot = 1; slot < maxFailedStarts; slot += 1) assert.equal(pool.send({ kind: 'stopped', slot }), [`start ${slot + 1}`]);
  assert.equal(pool.send({ kind: 'stopped', slot: maxFailedStarts }), ['settle 7 unavailable']);
});

schedules('after that a new job is worth one more try, which ends the misery when it succeeds', () => {
  const pool = new Driven({ workers: 2, spares: 1, parked: 0, queue: 9 });
  for (let slot = 1; slot <= 5; slot += 1) pool.send({ kind: 'stopped', slot });
  assert.is(pool.state.slots.length, 0);
  assert.equal(pool.submit(7), ['start 6']);
  assert.equal(pool.submit(8), [], 'one try at a time');
  assert.equal(pool.send({ kind: 'stopped', slot: 6 }), ['settle 7 unavailable', 'settle 8 unavailable']);
  assert.equal(pool.submit(9), ['start 7']);
  assert.equal(pool.send({ kind: 'started', slot: 7 }), ['assign 7 to 9', 'start 8', 'start 9']);
});

schedules('jobs wait for threads that run, though no new ones can be started', () => {
  const pool = new Driven({ workers: 2, spares: 0, parked: 0, queue: 9 });
  pool.ready(1);
  pool.submit(1);
  for (const slot of [2, 3, 4]) pool.send({ kind: 'stopped', slot });
  assert.is(pool.state.failedStarts, maxFailedStarts);
  pool.submit(2);
  assert.equal(waitingJobs(pool.state.waiting).map(({ id }) => id), [2]);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), ['assign 1 to 2']);
});

schedules('threads that cannot be stopped do not breed others without end; then nobody waits', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  const most = 1 + lostPerWorker;
  for (let slot = 1; slot <= most; slot += 1) {
    pool.ready(slot);
    pool.submit(slot);
    pool.send({ kind: 'overran', job: slot, canInterrupt: false });
  }
  assert.is(pool.state.slots.length, most);
  assert.equal(pool.submit(90), [], 'they may still stop');
  for (let slot = 1; slot < most; slot += 1) assert.equal(pool.send({ kind: 'stuck', slot }), []);
  assert.equal(pool.send({ kind: 'stuck', slot: most }), ['settle 90 unavailable']);
  assert.equal(pool.submit(91), ['settle 91 unavailable']);
  assert.equal(pool.send({ kind: 'stopped', slot: 2 }), [`start ${most + 1}`], 'one went after all');
});

schedules('closing settles everything and ends every thread', () => {
  const pool = new Driven({ workers: 1, spares: 2, parked: 0, queue: 9 });
  pool.ready(1, 2);
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.send({ kind: 'closed' }), ['settle 2 closed', 'stop 1', 'settle 1 closed', 'stop 2', 'stop 3']);
  assert.equal(pool.submit(3), ['settle 3 closed']);
  assert.equal(pool.send({ kind: 'stopped', slot: 3 }), [], 'nothing is started any more');
  assert.equal(pool.send({ kind: 'closed' }), []);
});

schedules('policies take turns, whoever has more waiting', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  for (const id of [1, 2, 3, 4]) pool.submit(id, never, { policy: 'flood' });
  pool.submit(5, never, { policy: 'calm' });
  pool.submit(6, never, { policy: 'other' });
  pool.ready(1);
  const order = [1, ...Array.from({ length: 5 }, () => pool.send({ kind: 'finished', slot: 1, isMending: false })).flat().map((text) => Number(text.split(' ').at(-1)))];
  assert.equal(order, [1, 5, 6, 2, 3, 4]);
});

schedules('a full queue refuses the policy that fills it', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 3 });
  for (const id of [1, 2, 3]) pool.submit(id, never, { policy: 'flood' });
  assert.equal(pool.submit(4, never, { policy: 'calm' }), ['settle 3 saturated']);
  assert.equal(pool.submit(5, never, { policy: 'flood' }), ['settle 5 saturated']);
});

schedules('a policy with a limit of its own waits although threads are idle, and lets others pass', () => {
  const pool = new Driven({ workers: 3, spares: 0, parked: 0, queue: 9 });
  pool.ready(1, 2, 3);
  assert.equal(pool.submit(1, never, { policy: 'narrow', maxConcurrent: 1 }), ['assign 1 to 1']);
  assert.equal(pool.submit(2, never, { policy: 'narrow', maxConcurrent: 1 }), []);
  assert.equal(pool.submit(3, never, { policy: 'wide' }), ['assign 2 to 3']);
  assert.equal(pool.send({ kind: 'finished', slot: 2, isMending: false }), []);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), ['assign 1 to 2']);
});

schedules('a thread that has run the same before is preferred, else the one that has run the fewest', () => {
  const pool = new Driven({ workers: 2, spares: 0, parked: 0, queue: 9 });
  pool.ready(1, 2);
  const runs = (id: number, sandbox: number): readonly string[] => {
    const orders = pool.submit(id, never, { sandbox });
    for (const slot of [1, 2]) pool.send({ kind: 'finished', slot, isMending: false });
    return orders;
  };
  assert.equal(runs(1, 7), ['assign 1 to 1']);
  assert.equal(runs(2, 8), ['assign 2 to 2']);
  assert.equal(runs(3, 7), ['assign 1 to 3']);
  assert.equal(runs(4, 8), ['assign 2 to 4']);
  assert.equal(runs(5, 9), ['assign 1 to 5']);
  assert.equal(runs(6, 7), ['assign 1 to 6'], 'not the last one, but still warm');
});

schedules('a job that waits for its host lets another one run, as far as may be, on a thread more', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 1, queue: 9 });
  pool.ready(1);
  for (const id of [1, 2, 3]) pool.submit(id);
  assert.equal(pool.send({ kind: 'parked', job: 1, isParked: true }), ['start 2']);
  assert.equal(pool.send({ kind: 'started', slot: 2 }), ['assign 2 to 2']);
  assert.equal(pool.send({ kind: 'parked', job: 2, isParked: true }), [], 'one may be passed over, not two');
  assert.equal(pool.send({ kind: 'parked', job: 1, isParked: false }), [], 'now both run');
  assert.equal(pool.send({ kind: 'parked', job: 2, isParked: false }), []);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), [], 'the other one still runs');
  assert.equal(pool.send({ kind: 'finished', slot: 2, isMending: false }), ['assign 1 to 3']);
});

schedules('a guest that can be interrupted keeps its thread', () => {
  const pool = new Driven({ workers: 1, spares: 1, parked: 0, queue: 9 });
  pool.ready(1, 2);
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.send({ kind: 'overran', job: 1, canInterrupt: true }), ['interrupt 1', 'settle 1 overran', 'assign 2 to 2']);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), []);
  assert.is(pool.condition(1), 'idle');
  assert.equal(pool.send({ kind: 'overdue', slot: 1 }), [], 'too late to be overdue');
});

schedules('a guest that does not come back is ended with its thread', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.ready(1);
  pool.submit(1);
  pool.send({ kind: 'overran', job: 1, canInterrupt: true });
  assert.equal(pool.send({ kind: 'overdue', slot: 1 }), ['stop 1', 'start 2']);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: false }), [], 'too late');
  assert.is(pool.condition(1), 'stopping');
});

schedules('a thread that mends its sandbox takes no job before it is done, and is ended when it takes too long', () => {
  const pool = new Driven({ workers: 1, spares: 0, parked: 0, queue: 9 });
  pool.ready(1);
  pool.submit(1);
  pool.submit(2);
  assert.equal(pool.send({ kind: 'finished', slot: 1, isMending: true }), []);
  assert.equal(pool.send({ kind: 'mended', slot: 1 }), ['assign 1 to 2']);
  pool.send({ kind: 'finished', slot: 1, isMending: true });
  assert.equal(pool.send({ kind: 'overdue', slot: 1 }), ['stop 1', 'start 2']);
});

/** What a random history is made of; `pick` chooses among what there is. */
type Move = 'submit' | 'submit-late' | 'ready' | 'fail-start' | 'finish' | 'finish-mending' | 'mend' | 'park' | 'resume' | 'overrun' | 'interrupt' | 'overdue' | 'vanish' | 'stuck' | 'gone' | 'wait';

/** The world around a pool: it does what it is ordered and checks that the orders make sense. */
class World {
  readonly pool: Driven;
  readonly threads = new Map<number, 'starting' | 'idle' | 'interrupted' | 'mending' | 'stopping' | 'stuck' | { readonly job: ScheduledJob; readonly isParked: boolean }>();
  readonly waiting = new Map<number, ScheduledJob>();
  /** Policies in the order in which they were served while others waited. */
  readonly passedOver = new Map<string, string[]>();
  readonly settled = new Map<number, Ending | 'finished'>();
  readonly used = new Set<number>();
  jobs = 0;
  isClosed = false;

  constructor(limits: PoolLimits) {
    this.pool = new Driven({ ...limits });
    for (const { number } of this.pool.state.slots) this.obey({ kind: 'start', slot: number });
    this.check();
  }

  send(event: PoolEvent): void {
    const { state, limits, nowMs } = this.pool;
    const [next, commands] = schedule(state, event, limits, nowMs);
    this.pool.state = next;
    for (const command of commands) this.obey(command);
    this.check();
  }

  obey(command: PoolCommand): void {
    switch (command.kind) {
      case 'start':
        assert.not(this.isClosed, 'starts a thread although it is closed');
        assert.not(this.used.has(command.slot), `reuses the number ${command.slot}`);
        this.used.add(command.slot);
        this.threads.set(command.slot, 'starting');
        return;
      case 'interrupt':
        assert.is(typeof this.threads.get(command.slot), 'object', `interrupts ${command.slot}, which runs nothing`);
        this.threads.set(command.slot, 'interrupted');
        return;
      case 'stop': {
        const thread = this.threads.get(command.slot);
        assert.ok(thread !== undefined && thread !== 'stopping' && thread !== 'stuck', `stops ${command.slot}, which is ${JSON.stringify(thread)}`);
        this.threads.set(command.slot, 'stopping');
        return;
      }
      case 'assign': {
        assert.is(this.threads.get(command.slot), 'idle', `gives a job to ${command.slot}`);
        const job = this.waiting.get(command.job);
        assert.ok(job !== undefined, `begins job ${command.job}, which does not wait`);
        assert.ok(job.deadline > this.pool.nowMs, `begins job ${command.job} after its deadline`);
        assert.ok([...this.waiting.values()].every((other) => other.policy !== job.policy || other.id >= job.id), 'a later job of the policy goes first');
        this.waiting.delete(command.job);
        this.threads.set(command.slot, { job, isParked: false });
        assert.ok(this.running(job.policy) <= job.maxConcurrent, 'more jobs of a policy run than may');
        this.takeTurns(job.policy);
        return;
      }
      case 'settle':
        this.settle(command.job, command.ending);
    }
  }

  /** No policy without a limit of its own is served twice while another one waits for its turn. */
  takeTurns(served: string): void {
    const waiting = new Set([...this.waiting.values()].filter(({ maxConcurrent }) => maxConcurrent === Number.POSITIVE_INFINITY).map(({ policy }) => policy));
    this.passedOver.delete(served);
    for (const policy of this.passedOver.keys()) if (!waiting.has(policy)) this.passedOver.delete(policy);
    for (const policy of waiting) {
      if (policy === served) continue;
      const others = this.passedOver.get(policy) ?? [];
      assert.not(others.includes(served), `${served} is served twice while ${policy} waits`);
      this.passedOver.set(policy, [...others, served]);
    }
  }

  running(policy?: string): number {
    return [...this.threads.values()].filter((thread) => typeof thread === 'object' && (policy === undefined || thread.job.policy === policy)).length;
  }

  settle(job: number, ending: Ending | 'finished'): void {
    assert.not(this.settled.has(job), `settles job ${job} twice`);
    this.settled.set(job, ending);
    this.waiting.delete(job);
  }

  /** What must hold at any time. */
  check(): void {
    const { state, limits } = this.pool;
    const parked = [...this.threads.values()].filter((thread) => typeof thread === 'object' && thread.isParked).length;
    const busy = this.running() - Math.min(parked, limits.parked);
    assert.ok(this.running() <= limits.workers + limits.parked, 'more jobs run than may');
    assert.ok(this.threads.size <= limits.workers + limits.spares + limits.parked + lostPerWorker * limits.workers, 'more threads than may be');
    const waiting = waitingJobs(state.waiting).map(({ id }) => id);
    assert.is(state.waiting.size, waiting.length, 'the count of waiting jobs is wrong');
    assert.ok(waiting.length <= limits.queue, 'more jobs wait than may');
    assert.equal([...waiting].sort(), [...this.waiting.keys()].sort(), 'a job is neither waiting, running nor settled');
    assert.equal(state.slots.map(({ number }) => number).sort(), [...this.threads.keys()].sort(), 'a thread is forgotten');
    const isIdle = [...this.threads.values()].includes('idle');
    const mayRun = [...this.waiting.values()].some(({ policy, maxConcurrent }) => this.running(policy) < maxConcurrent);
    if (mayRun) assert.not(isIdle && busy < limits.workers, 'a job waits although a thread is idle');
    if (this.waiting.size > 0) assert.ok([...this.threads.values()].some((thread) => thread !== 'stuck'), 'a job waits for nothing');
    if (this.isClosed) assert.is(this.waiting.size + this.running(), 0, 'a job outlives the pool');
  }

  /** The threads in a given condition. */
  slots(...conditions: readonly string[]): readonly number[] {
    return [...this.threads].filter(([, thread]) => conditions.includes(typeof thread === 'object' ? 'running' : thread)).map(([slot]) => slot);
  }

  submit(deadline: Deadline, pick: number): void {
    this.jobs += 1;
    const policy = pick % 4;
    const job: ScheduledJob = { id: this.jobs, policy: `policy ${policy}`, sandbox: pick % 5, maxConcurrent: policy === 3 ? 1 : Number.POSITIVE_INFINITY, deadline };
    this.waiting.set(this.jobs, job);
    this.send({ kind: 'submitted', job });
  }

  /** Lets one thing happen, if there is anything it can happen to. */
  move(move: Move, pick: number): void {
    const report = (kind: 'started' | 'mended' | 'stuck', becomes: 'idle' | 'stuck') => (slot: number) => {
      this.threads.set(slot, becomes);
      this.send({ kind, slot });
    };
    const leave = (slot: number): void => this.leave(slot);
    const overran = (canInterrupt: boolean) => () => this.send({ kind: 'overran', job: pick % (this.jobs + 2), canInterrupt });
    const toThreads: Readonly<Partial<Record<Move, readonly [readonly string[], (slot: number) => void]>>> = {
      'ready': [['starting'], report('started', 'idle')],
      'fail-start': [['starting'], leave],
      'finish': [['running', 'interrupted'], (slot) => this.finish(slot, false)],
      'finish-mending': [['running', 'interrupted'], (slot) => this.finish(slot, true)],
      'mend': [['mending'], report('mended', 'idle')],
      'park': [['running'], (slot) => this.park(slot, true)],
      'resume': [['running'], (slot) => this.park(slot, false)],
      'overdue': [['interrupted', 'mending', 'idle', 'running'], (slot) => this.send({ kind: 'overdue', slot })],
      'vanish': [['running', 'idle'], leave],
      'stuck': [['stopping'], report('stuck', 'stuck')],
      'gone': [['stopping', 'stuck'], leave],
    };
    const toOthers: Readonly<Partial<Record<Move, () => void>>> = {
      'submit': () => this.submit(pick % 3 === 0 ? never : deadlineAfter(pick % 50, this.pool.nowMs), pick),
      'submit-late': () => this.submit(deadlineAfter(-(pick % 5), this.pool.nowMs), pick),
      'overrun': overran(false),
      'interrupt': overran(true),
      'wait': () => (this.pool.nowMs += pick % 20),
    };
    toOthers[move]?.();
    const [conditions, happens] = toThreads[move] ?? [[], leave];
    const slots = this.slots(...conditions);
    const slot = slots[pick % Math.max(1, slots.length)];
    if (slot !== undefined) happens(slot);
  }

  close(): void {
    this.isClosed = true;
    this.send({ kind: 'closed' });
  }

  leave(slot: number): void {
    this.threads.delete(slot);
    this.send({ kind: 'stopped', slot });
  }

  finish(slot: number, isMending = false): void {
    const thread = this.threads.get(slot);
    if (typeof thread === 'object') this.settle(thread.job.id, 'finished');
    this.threads.set(slot, isMending ? 'mending' : 'idle');
    this.send({ kind: 'finished', slot, isMending });
  }

  park(slot: number, isParked: boolean): void {
    const thread = this.threads.get(slot);
    assert.ok(typeof thread === 'object');
    this.threads.set(slot, { job: thread.job, isParked });
    this.send({ kind: 'parked', job: thread.job.id, isParked });
  }

  /** Lets every thread do its duty from now on, until nothing more happens. */
  settleDown(): void {
    for (let round = 0; round < 10_000; round += 1) {
      const duties: readonly (readonly [Move, readonly string[]])[] = [
        ['gone', ['stopping', 'stuck']], ['ready', ['starting']], ['mend', ['mending']], ['finish', ['running', 'interrupted']],
      ];
      const move = duties.find(([, conditions]) => this.slots(...conditions).length > 0)?.[0];
      if (move === undefined) return;
      this.move(move, 0);
    }
    throw new Error('it never comes to rest');
  }
}

const move = fc.tuple(
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom<Move>('submit', 'ready', 'finish') },
    { weight: 5, arbitrary: fc.constantFrom<Move>('overrun', 'interrupt', 'finish-mending', 'mend', 'park', 'resume', 'vanish', 'gone', 'wait', 'fail-start') },
    { weight: 1, arbitrary: fc.constantFrom<Move>('submit-late', 'stuck', 'overdue') },
  ),
  fc.nat(1000),
);
const history = fc.record({
  limits: fc.record({ workers: fc.integer({ min: 1, max: 3 }), spares: fc.integer({ min: 0, max: 2 }), parked: fc.integer({ min: 0, max: 2 }), queue: fc.integer({ min: 0, max: 6 }) }),
  moves: fc.array(move, { maxLength: 120 }),
  close: fc.boolean(),
});

schedules('whatever happens, every job is settled once, none runs beside another on a thread or after its deadline, and nothing grows beyond its bounds', () => {
  fc.assert(
    fc.property(history, ({ limits: some, moves, close }) => {
      const world = new World(some);
      for (const [what, pick] of moves) world.move(what, pick);
      if (close) world.close();
      world.settleDown();
      assert.is(world.settled.size, world.jobs, 'a job was never settled');
    }),
    { seed: 20_240_607, numRuns: 1500 },
  );
});

schedules('a pool that went through anything serves the next job', () => {
  fc.assert(
    fc.property(history, ({ limits: some, moves }) => {
      const world = new World({ ...some, queue: some.queue + 1 });
      for (const [what, pick] of moves) world.move(what, pick);
      world.settleDown();
      world.submit(never, 0);
      world.settleDown();
      assert.is(world.settled.get(world.jobs), 'finished');
    }),
    { seed: 20_240_608, numRuns: 1500 },
  );
});

schedules.run();
