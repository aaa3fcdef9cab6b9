// Performs what schedule.ts decides: starts and ends threads, hands out jobs, keeps their timers, settles their promises.
import { deadlineAfter, monotonicNow, remainingMs, type Deadline } from '../../deadline.js';
import type { EventSink } from '../../events.js';
import { Fault } from '../../fault.js';
import type { Outcome } from '../../outcome.js';
import type { ExchangeLimits } from '../../wapc/exchange.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';
import type { OutputSource, WorkerMessage } from '../bridge/wire.js';

import { emptyPool, schedule, type Ending, type PoolCommand, type PoolEvent, type PoolLimits, type PoolState } from './schedule.js';
import { WorkerSlot } from './worker-slot.js';

/** One operation to run on one module. */
export interface Job {
  readonly digest: string;
  readonly module: WebAssembly.Module;
  readonly operation: string;
  readonly payload: Uint8Array;
  /** When nobody wants the answer any more; counts from the request's arrival. */
  readonly deadline: Deadline;
  /** How long each phase of the guest may run, in milliseconds. */
  readonly limitMs: number;
  /** Answers a host call; the signal fires when the guest no longer waits. */
  readonly answer: (call: HostCall, signal: AbortSignal) => Promise<HostAnswer>;
  readonly onOutput: (source: OutputSource, text: string) => void;
}

/** What a job came to, and how long it waited and ran. */
export interface JobResult {
  readonly outcome: Outcome;
  readonly waitMs: number;
  readonly runMs: number;
}

interface PendingJob {
  readonly job: Job;
  readonly submittedMs: number;
  readonly resolve: (result: JobResult) => void;
  readonly reject: (reason: Error) => void;
  readonly deadlineTimer: NodeJS.Timeout | undefined;
  assignedMs: number;
  slot: number | undefined;
  limitTimer: NodeJS.Timeout | undefined;
  /** Why the job is being stopped, when it is. */
  failure: Error | undefined;
  aborter: AbortController | undefined;
}

/** setTimeout fires at once beyond this many milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

export interface PoolOptions {
  readonly limits: PoolLimits;
  readonly exchange: ExchangeLimits;
  readonly emit: EventSink;
}

/** A pool of sandbox threads with a bounded queue. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #slots = new Map<number, { readonly worker: WorkerSlot; readonly startedMs: number }>();
  readonly #jobs = new Map<number, PendingJob>();
  readonly #exits = new Map<number, Promise<void>>();
  #state: PoolState = emptyPool;
  #nextJob = 1;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#react({ kind: 'opened' });
  }

  /**
   * Runs a job; what the guest does becomes an outcome.
   *
   * @throws {Fault} `POOL_SATURATED`, `REQUEST_DEADLINE_EXCEEDED`, `POOL_UNAVAILABLE` or `RUNTIME_CLOSED`
   */
  run(job: Job): Promise<JobResult> {
    const id = this.#nextJob++;
    return new Promise((resolve, reject) => {
      const deadlineTimer = this.#timerUntil(job.deadline, () => this.#overrun(id, deadlineFault('while it ran')));
      this.#jobs.set(id, {
        job, resolve, reject, deadlineTimer, submittedMs: monotonicNow(),
        assignedMs: 0, slot: undefined, limitTimer: undefined, failure: undefined, aborter: undefined,
      });
      this.#react({ kind: 'submitted', job: { id, deadline: job.deadline } });
    });
  }

  /** How many jobs wait, and how many run. */
  get occupancy(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#state.queue.length, running: [...this.#state.slots.values()].filter((slot) => slot.kind === 'running').length };
  }

  /** Settles what is pending, ends every thread and waits until they are gone. */
  async close(): Promise<void> {
    if (!this.#state.closing) this.#react({ kind: 'closed' });
    await Promise.all(this.#exits.values());
  }

  #react(event: PoolEvent): void {
    const [state, commands] = schedule(this.#state, event, this.#options.limits, monotonicNow());
    this.#state = state;
    for (const command of commands) this.#perform(command);
  }

  #perform(command: PoolCommand): void {
    switch (command.kind) {
      case 'start':
        return this.#start(command.slot);
      case 'stop':
        return this.#stop(command.slot);
      case 'assign':
        return this.#assign(command.slot, command.job);
      case 'settle':
        return this.#end(command.job, command.ending);
    }
  }

  #start(number: number): void {
    const startedMs = monotonicNow();
    let gone: () => void = () => undefined;
    this.#exits.set(number, new Promise((resolve) => (gone = resolve)));
    const worker = new WorkerSlot(this.#options.exchange, {
      onMessage: (message) => this.#receive(number, message),
      onExit: (reason) => {
        this.#slots.delete(number);
        this.#exits.delete(number);
        this.#options.emit({ kind: 'worker-stopped', workerId: number, reason: this.#state.slots.get(number)?.kind === 'stopping' ? 'it was told to' : reason });
        this.#react({ kind: 'stopped', slot: number });
        gone();
      },
    });
    this.#slots.set(number, { worker, startedMs });
  }

  #stop(number: number): void {
    // The promise settles with the thread's exit, which onExit handles.
    void this.#slots.get(number)?.worker.stop();
  }

  #assign(number: number, id: number): void {
    const pending = this.#jobs.get(id);
    const slot = this.#slots.get(number);
    if (pending === undefined || slot === undefined) throw new Error('the schedule named a job or thread that is not there');
    const { job } = pending;
    pending.assignedMs = monotonicNow();
    pending.slot = number;
    slot.worker.assign({ job: id, digest: job.digest, operation: job.operation, payload: job.payload }, job.module);
    this.#watchLimit(id, pending);
  }

  /** Looks again when the current phase can have used up its limit: the phases are timed apart. */
  #watchLimit(id: number, pending: PendingJob): void {
    const phase = this.#phaseOf(pending);
    pending.limitTimer = this.#timerUntil(deadlineAfter(pending.job.limitMs, phase.sinceMs), () => {
      const now = this.#phaseOf(pending);
      if (monotonicNow() - now.sinceMs >= pending.job.limitMs) this.#overrun(id, undefined);
      else this.#watchLimit(id, pending);
    });
  }

  #phaseOf(pending: PendingJob): WorkerSlot['phase'] {
    const worker = pending.slot === undefined ? undefined : this.#slots.get(pending.slot)?.worker;
    return worker?.phase ?? { phase: 'start', sinceMs: pending.assignedMs };
  }

  #overrun(id: number, failure: Error | undefined): void {
    const pending = this.#jobs.get(id);
    if (pending === undefined) return;
    pending.failure = failure;
    this.#react({ kind: 'overran', job: id });
  }

  #receive(number: number, message: WorkerMessage): void {
    if (message.kind === 'ready') {
      const startedMs = this.#slots.get(number)?.startedMs ?? monotonicNow();
      this.#options.emit({ kind: 'worker-started', workerId: number, startMs: monotonicNow() - startedMs });
      return this.#react({ kind: 'started', slot: number });
    }
    const pending = this.#jobs.get(message.job);
    // A message may still arrive from a thread that is being ended.
    if (pending?.slot !== number) return undefined;
    switch (message.kind) {
      case 'host-called':
        return this.#answer(number, message.job, pending, message.call);
      case 'wrote':
        return pending.job.onOutput(message.source, message.text);
      case 'broke': {
        const failure = new Error(`the sandbox thread failed: ${message.message}`);
        failure.stack = message.stack;
        return this.#overrun(message.job, failure);
      }
      case 'finished':
        this.#settled(message.job, pending);
        pending.resolve({ outcome: message.outcome, waitMs: pending.assignedMs - pending.submittedMs, runMs: message.runMs });
        return this.#react({ kind: 'finished', slot: number });
    }
  }

  #answer(number: number, id: number, pending: PendingJob, call: HostCall): void {
    pending.aborter ??= new AbortController();
    pending.job.answer(call, pending.aborter.signal).then(
      (answer) => {
        if (this.#jobs.has(id)) this.#slots.get(number)?.worker.answer(answer);
      },
      (thrown: unknown) => this.#overrun(id, thrown instanceof Error ? thrown : new Error(String(thrown))),
    );
  }

  /** Settles a job that has no outcome of its own. */
  #end(id: number, ending: Ending): void {
    const pending = this.#jobs.get(id);
    if (pending === undefined) return;
    const { phase } = this.#phaseOf(pending);
    this.#settled(id, pending);
    const waitMs = (pending.slot === undefined ? monotonicNow() : pending.assignedMs) - pending.submittedMs;
    const runMs = pending.slot === undefined ? 0 : monotonicNow() - pending.assignedMs;
    if (ending === 'lost') pending.resolve({ outcome: { kind: 'trapped', message: 'the sandbox thread ended under it' }, waitMs, runMs });
    else if (ending === 'overran' && pending.failure === undefined) pending.resolve({ outcome: { kind: 'expired', during: phase }, waitMs, runMs });
    else pending.reject(pending.failure ?? endingFault(ending));
  }

  #settled(id: number, pending: PendingJob): void {
    this.#jobs.delete(id);
    clearTimeout(pending.deadlineTimer);
    clearTimeout(pending.limitTimer);
    pending.aborter?.abort();
  }

  #timerUntil(deadline: Deadline, expire: () => void): NodeJS.Timeout | undefined {
    const leftMs = remainingMs(deadline);
    // Rounded up: a timer that fires a fraction early would find its deadline not yet passed.
    return leftMs > maxTimerMs ? undefined : setTimeout(expire, Math.ceil(leftMs));
  }
}

function deadlineFault(when: string): Fault {
  return new Fault('REQUEST_DEADLINE_EXCEEDED', `The request's deadline passed ${when}; nobody waits for the answer any more.`, { retryable: true });
}

function endingFault(ending: Ending): Fault {
  switch (ending) {
    case 'saturated':
      return new Fault('POOL_SATURATED', 'Too many evaluations are waiting; try again later or give the runtime more workers.', { retryable: true });
    case 'expired-waiting':
      return deadlineFault('while it waited for a free worker');
    case 'unavailable':
      return new Fault('POOL_UNAVAILABLE', 'No sandbox thread could be started, several attempts failed in a row; see the worker-stopped events.');
    case 'closed':
      return new Fault('RUNTIME_CLOSED', 'The runtime is closed.');
    case 'lost':
    case 'overran':
      throw new Error(`a job that ended as '${ending}' has an outcome`);
  }
}
