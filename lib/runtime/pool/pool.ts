// Performs what schedule.ts decides: starts, interrupts and ends threads, hands out jobs, passes messages on, settles promises.
import { monotonicNow } from '../../deadline.js';
import type { EventSink } from '../../events.js';
import { Fault, messageOf } from '../../fault.js';
import type { GuestPhase } from '../../outcome.js';
import type { WorkerMessage } from '../bridge/wire.js';

import { PendingJob, type Job, type JobResult } from './pending-job.js';
import { Post } from './post.js';
import type { StartThread } from './sandbox-thread.js';
import { emptyPool, schedule, type Ending, type PoolCommand, type PoolEvent, type PoolState } from './schedule.js';
import type { PoolLimits } from './slots.js';

export interface PoolOptions {
  readonly limits: PoolLimits;
  readonly startThread: StartThread;
  readonly patience: PoolPatience;
  readonly emit: EventSink;
}

/** How long the pool waits for its threads, in milliseconds. */
export interface PoolPatience {
  /** For a guest that was interrupted to be out; after that its thread is ended. */
  readonly interruptMs: number;
  /** For a thread to build a new instance; after that it is ended. */
  readonly mendMs: number;
  /** For a thread that was told to stop to be gone; after that it is reported and given up. */
  readonly stopMs: number;
  /** For a host call to be answered before its thread stops counting as busy. */
  readonly parkMs: number;
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
    const { policy, sandbox, maxConcurrent, deadline } = job;
    return new Promise((resolve, reject) => {
      const onDeadline = (): void => this.#overrun(id, { kind: 'deadline' });
      const onLimit = (phase: GuestPhase): void => this.#overrun(id, { kind: 'limit', phase });
      const onParked = (isParked: boolean): void => this.#react({ kind: 'parked', job: id, isParked });
      this.#jobs.set(id, new PendingJob(job, { resolve, reject, onDeadline, onLimit, onParked }));
      this.#react({ kind: 'submitted', job: { id, policy, sandbox, maxConcurrent, deadline } });
    });
  }

  /** How many jobs wait, and how many run. */
  get occupancy(): { readonly waiting: number; readonly running: number } {
    return { waiting: this.#state.waiting.size, running: this.#state.slots.filter((slot) => slot.kind === 'running').length };
  }

  /** Lets go of guests that are no longer needed; jobs of theirs that are on their way still run. */
  retain(isNeeded: (sandbox: number) => boolean): void {
    for (const post of this.#posts.values()) post.retain(isNeeded);
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
      case 'interrupt':
        return this.#interrupt(command.slot);
      case 'stop':
        return this.#stop(command.slot, overrun);
      case 'assign':
        return this.#assign(command.slot, command.job);
      case 'settle':
        return this.#settle(command.job, command.ending, overrun);
    }
  }

  #start(slot: number): void {
    const post = new Post();
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
    this.#posts.delete(slot);
    post.leave();
    this.#react({ kind: 'stopped', slot });
    this.#options.emit({ kind: 'worker-stopped', workerId: slot, reason: post.isTold ? 'it was told to' : reason });
  }

  #interrupt(slot: number): void {
    const post = this.#posts.get(slot);
    post?.interrupt();
    post?.await(this.#options.patience.interruptMs, () => this.#react({ kind: 'overdue', slot }));
    this.#options.emit({ kind: 'worker-interrupted', workerId: slot });
  }

  #stop(slot: number, overrun: Overrun | undefined): void {
    const post = this.#posts.get(slot);
    if (post === undefined) return;
    post.stop(this.#options.patience.stopMs, () => this.#giveUp(slot, post));
    if (!this.#state.closing) this.#options.emit({ kind: 'worker-killed', workerId: slot, reason: killReason(overrun) });
  }

  /** A guest inside one endless instruction holds its thread, and nothing can be done about it but not to wait. */
  #giveUp(slot: number, post: Post): void {
    post.thread?.abandon();
    post.leave();
    this.#react({ kind: 'stuck', slot });
    this.#options.emit({ kind: 'worker-stuck', workerId: slot, waitedMs: this.#options.patience.stopMs });
  }

  #assign(slot: number, id: number): void {
    const pending = this.#jobs.get(id);
    const post = this.#posts.get(slot);
    if (pending === undefined || post?.thread === undefined) throw new Error('the schedule named a job or thread that is not there');
    pending.begin(id, post);
  }

  #overrun(id: number, overrun: Overrun): void {
    const canInterrupt = overrun.kind !== 'broken' && this.#jobs.get(id)?.canInterrupt === true;
    this.#react({ kind: 'overran', job: id, canInterrupt }, overrun);
  }

  #receive(slot: number, post: Post, message: WorkerMessage): void {
    switch (message.kind) {
      case 'ready':
        this.#react({ kind: 'started', slot });
        return this.#options.emit({ kind: 'worker-started', workerId: slot, startMs: monotonicNow() - post.startedMs });
      case 'mended':
        post.settle();
        return this.#react({ kind: 'mended', slot });
      case 'finished':
        return this.#finished(slot, post, message);
      case 'host-called':
        // Also of a job that is settled already: its guest has to be told that it must not go on.
        post.ask(message.serial);
        return this.#running(message.job, post, (pending) => void this.#answer(message, pending, post));
      case 'wrote':
        return this.#running(message.job, post, (pending) => pending.wrote(message.source, message.text));
      case 'broke':
        return this.#running(message.job, post, () => this.#overrun(message.job, { kind: 'broken', error: brokenError(message) }));
    }
  }

  /** Looks up the job of a message, which may still arrive from a thread that is being ended. */
  #running(job: number, post: Post, then: (pending: PendingJob) => void): void {
    const pending = this.#jobs.get(job);
    if (pending?.isOn(post) === true) then(pending);
  }

  #finished(slot: number, post: Post, { job, outcome, runMs, instance, isMending }: Extract<WorkerMessage, { kind: 'finished' }>): void {
    const pending = this.#jobs.get(job);
    if (pending?.isOn(post) === true) {
      this.#jobs.delete(job);
      pending.resolve(outcome, { runMs, instance });
    } else if (!post.isInterrupted) return;
    if (!post.isTold) post.settle();
    post.calm();
    if (isMending) post.await(this.#options.patience.mendMs, () => this.#react({ kind: 'overdue', slot }));
    this.#react({ kind: 'finished', slot, isMending });
  }

  async #answer({ job, serial, call }: Extract<WorkerMessage, { kind: 'host-called' }>, pending: PendingJob, post: Post): Promise<void> {
    try {
      const answer = await pending.answerTo(call, this.#options.patience.parkMs);
      // The job may have ended meanwhile, and its thread may run another.
      if (this.#jobs.has(job)) post.answer({ serial, answer });
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

function killReason(overrun: Overrun | undefined): string {
  if (overrun?.kind === 'broken') return 'our own code failed in it';
  return overrun === undefined ? 'it did not come back when it was interrupted' : 'its guest ran too long';
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
