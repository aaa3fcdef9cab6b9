// Performs what schedule.ts decides: starts and ends threads, hands out jobs, passes messages on, settles promises.
import { monotonicNow } from '../../deadline.js';
import type { EventSink } from '../../events.js';
import { Fault, messageOf } from '../../fault.js';
import type { GuestPhase } from '../../outcome.js';
import type { HostCall } from '../../wapc/protocol.js';
import type { WorkerMessage } from '../bridge/wire.js';

import { PendingJob, type Job, type JobResult } from './pending-job.js';
import type { SandboxThread, StartThread } from './sandbox-thread.js';
import { emptyPool, schedule, type Ending, type PoolCommand, type PoolEvent, type PoolLimits, type PoolState } from './schedule.js';

export interface PoolOptions {
  readonly limits: PoolLimits;
  readonly startThread: StartThread;
  /** Milliseconds within which a thread that was told to stop has to be gone; after that it is reported and given up. */
  readonly stopPatienceMs: number;
  readonly emit: EventSink;
}

/** A thread that is there, from the order to start it to its end. */
interface Post {
  readonly startedMs: number;
  /** Missing for a moment when the thread could not be created. */
  thread: SandboxThread | undefined;
  stopTimer: NodeJS.Timeout | undefined;
  /** Resolves when the thread is gone or given up. */
  readonly gone: Promise<void>;
  readonly leave: () => void;
}

/** Why a running job is stopped. */
type Overrun = { readonly kind: 'deadline' } | { readonly kind: 'limit'; readonly phase: GuestPhase } | { readonly kind: 'broken'; readonly error: Error };

/** A pool of sandbox threads with a bounded queue. */
export class Pool {
  readonly #options: PoolOptions;
  readonly #posts = new Map<number, Post>();
  readonly #jobs = new Map<number, PendingJob>();
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
      const onDeadline = (): void => this.#overrun(id, { kind: 'deadline' });
      const onLimit = (phase: GuestPhase): void => this.#overrun(id, { kind: 'limit', phase });
      this.#jobs.set(id, new PendingJob(job, { resolve, reject, onDeadline, onLimit }));
      this.#react({ kind: 'submitted', job: { id, deadline: job.deadline } });
    });
  }

  /** How many jobs wait, and how many run. */
  get occupancy(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#state.queue.length, running: [...this.#state.slots.values()].filter((slot) => slot.kind === 'running').length };
  }

  /** Settles what is pending, ends every thread and waits until each is gone or found to be stuck. */
  async close(): Promise<void> {
    if (!this.#state.closing) this.#react({ kind: 'closed' });
    await Promise.all([...this.#posts.values()].map((post) => post.gone));
  }

  #react(event: PoolEvent, overrun?: Overrun): void {
    const [state, commands] = schedule(this.#state, event, this.#options.limits, monotonicNow());
    this.#state = state;
    for (const command of commands) this.#perform(command, overrun);
  }

  #perform(command: PoolCommand, overrun: Overrun | undefined): void {
    switch (command.kind) {
      case 'start':
        return this.#start(command.slot);
      case 'stop':
        return this.#stop(command.slot);
      case 'assign':
        return this.#assign(command.slot, command.job);
      case 'settle':
        return this.#settle(command.job, command.ending, overrun);
    }
  }

  #start(slot: number): void {
    let leave: () => void = () => undefined;
    const gone = new Promise<void>((resolve) => (leave = resolve));
    const post: Post = { startedMs: monotonicNow(), thread: undefined, stopTimer: undefined, gone, leave };
    this.#posts.set(slot, post);
    const onExit = (reason: string): void => this.#exited(slot, post, reason);
    try {
      post.thread = this.#options.startThread({ onMessage: (message) => this.#receive(slot, post, message), onExit });
    } catch (thrown) {
      // As late as a real exit, so that the commands at hand are performed first.
      queueMicrotask(() => onExit(messageOf(thrown)));
    }
  }

  #exited(slot: number, post: Post, reason: string): void {
    const asked = post.stopTimer !== undefined;
    clearTimeout(post.stopTimer);
    this.#posts.delete(slot);
    post.leave();
    this.#react({ kind: 'stopped', slot });
    this.#options.emit({ kind: 'worker-stopped', workerId: slot, reason: asked ? 'it was told to' : reason });
  }

  #stop(slot: number): void {
    const post = this.#posts.get(slot);
    if (post === undefined) return;
    post.stopTimer = setTimeout(() => this.#giveUp(slot, post), this.#options.stopPatienceMs);
    post.thread?.stop();
  }

  /** A guest inside one endless instruction holds its thread, and nothing can be done about it but not to wait. */
  #giveUp(slot: number, post: Post): void {
    post.thread?.abandon();
    post.leave();
    this.#react({ kind: 'stuck', slot });
    this.#options.emit({ kind: 'worker-stuck', workerId: slot, waitedMs: this.#options.stopPatienceMs });
  }

  #assign(slot: number, id: number): void {
    const pending = this.#jobs.get(id);
    const thread = this.#posts.get(slot)?.thread;
    if (pending === undefined || thread === undefined) throw new Error('the schedule named a job or thread that is not there');
    pending.begin(id, thread);
  }

  #overrun(id: number, overrun: Overrun): void {
    this.#react({ kind: 'overran', job: id }, overrun);
  }

  #receive(slot: number, post: Post, message: WorkerMessage): void {
    if (message.kind === 'ready') {
      this.#react({ kind: 'started', slot });
      return this.#options.emit({ kind: 'worker-started', workerId: slot, startMs: monotonicNow() - post.startedMs });
    }
    const pending = this.#jobs.get(message.job);
    // A message may still arrive from a thread that is being ended.
    if (post.thread === undefined || pending?.isOn(post.thread) !== true) return undefined;
    switch (message.kind) {
      case 'host-called':
        return void this.#answer(message, pending, post.thread);
      case 'wrote':
        return pending.wrote(message.source, message.text);
      case 'broke':
        return this.#overrun(message.job, { kind: 'broken', error: brokenError(message) });
      case 'finished':
        this.#jobs.delete(message.job);
        pending.resolve(message.outcome, message.runMs);
        return this.#react({ kind: 'finished', slot });
    }
  }

  async #answer({ job, serial, call }: { readonly job: number; readonly serial: number; readonly call: HostCall }, pending: PendingJob, thread: SandboxThread): Promise<void> {
    try {
      const answer = await pending.answerTo(call);
      // The job may have ended meanwhile, and its thread may run another.
      if (this.#jobs.has(job)) thread.answer({ serial, answer });
    } catch (thrown) {
      this.#overrun(job, { kind: 'broken', error: thrown instanceof Error ? thrown : new Error(String(thrown)) });
    }
  }

  /** Settles a job that has no outcome of its own. */
  #settle(id: number, ending: Ending, overrun: Overrun | undefined): void {
    const pending = this.#jobs.get(id);
    if (pending === undefined) throw new Error('the schedule settled a job twice');
    this.#jobs.delete(id);
    if (ending === 'lost') return pending.resolve({ kind: 'trapped', message: 'the sandbox thread ended under it' });
    if (ending !== 'overran') return pending.reject(endingFault(ending));
    if (overrun === undefined) throw new Error('a job overran and nobody said why');
    if (overrun.kind === 'limit') return pending.resolve({ kind: 'expired', during: overrun.phase });
    return pending.reject(overrun.kind === 'broken' ? overrun.error : deadlineFault('while it ran'));
  }
}

function brokenError({ message, stack }: { readonly message: string; readonly stack: string }): Error {
  const error = new Error(`the sandbox thread failed: ${message}`);
  error.stack = stack;
  return error;
}

function deadlineFault(when: string): Fault {
  return new Fault('REQUEST_DEADLINE_EXCEEDED', `The request's deadline passed ${when}; nobody waits for the answer any more.`, { retryable: true });
}

function endingFault(ending: Exclude<Ending, 'lost' | 'overran'>): Fault {
  switch (ending) {
    case 'saturated':
      return new Fault('POOL_SATURATED', 'Too many evaluations are waiting; try again later or give the runtime more workers.', { retryable: true });
    case 'expired-waiting':
      return deadlineFault('while it waited for a free worker');
    case 'unavailable':
      return new Fault('POOL_UNAVAILABLE', 'There is no sandbox thread and none can be started; see the worker-stopped and worker-stuck events.', { retryable: true });
    case 'closed':
      return new Fault('RUNTIME_CLOSED', 'The runtime is closed.');
  }
}
