// One job on its way through the pool: its promise, its two clocks, and the host call it may wait for.
import { deadlineAfter, monotonicNow, remainingMs, type Deadline } from '../../deadline.js';
import type { GuestPhase } from '../../outcome.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';
import type { InstanceUse } from '../../events.js';
import type { SandboxCode } from '../bridge/sandbox-code.js';
import type { JobOutcome, Judging, OutputSource } from '../bridge/wire.js';

import type { Post } from './post.js';
import type { ScheduledJob } from './waiting-jobs.js';

/** How long each phase of a guest may run, in milliseconds: each start function, and the operation. */
export type PhaseLimits = Readonly<Record<GuestPhase, number>>;

/** One operation to run on one guest. */
export interface Job extends Omit<ScheduledJob, 'id'> {
  readonly code: SandboxCode;
  readonly operation: string;
  readonly payload: Uint8Array;
  /** Set when the answer is a verdict on a request. */
  readonly judging: Judging | undefined;
  readonly limits: PhaseLimits;
  /** Answers a host call; the signal fires when the guest no longer waits. */
  readonly answer: (call: HostCall, signal: AbortSignal) => Promise<HostAnswer>;
  readonly onOutput: (source: OutputSource, text: string) => void;
}

/** What a job came to, and how long it waited and ran. */
export interface JobResult {
  readonly outcome: JobOutcome;
  readonly waitMs: number;
  readonly runMs: number;
  /** Missing when the thread did not come to tell. */
  readonly instance: InstanceUse | undefined;
}

/** Where a job's outcome goes, and who is told when its time is up. */
export interface JobPorts {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (reason: Error) => void;
  readonly onDeadline: () => void;
  readonly onLimit: (phase: GuestPhase) => void;
  /** The guest has waited for its host so long that its processor is free for others, or waits no more. */
  readonly onParked: (isParked: boolean) => void;
}

/** setTimeout fires at once beyond this many milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** A job that is not settled yet. */
export class PendingJob {
  readonly #job: Job;
  readonly #ports: JobPorts;
  readonly #submittedMs = monotonicNow();
  readonly #deadlineTimer: NodeJS.Timeout | undefined;
  #run: { readonly post: Post; readonly sinceMs: number } | undefined;
  #limitTimer: NodeJS.Timeout | undefined;
  #parkTimer: NodeJS.Timeout | undefined;
  #isParked = false;
  #aborter: AbortController | undefined;

  constructor(job: Job, ports: JobPorts) {
    this.#job = job;
    this.#ports = ports;
    this.#deadlineTimer = timerAt(job.deadline, ports.onDeadline);
  }

  /** Whether a guest in a loop can be made to trap. */
  get canInterrupt(): boolean {
    return this.#job.code.layout.epochImport !== undefined;
  }

  /** Begins to run on a thread. */
  begin(id: number, post: Post): void {
    const { sandbox, code, operation, payload, judging, limits } = this.#job;
    this.#run = { post, sinceMs: monotonicNow() };
    post.thread?.assign({ kind: 'run', job: id, sandbox, code: post.introduce(sandbox, code), operation, payload, judging });
    this.#limitTimer = timerAt(deadlineAfter(Math.min(limits.start, limits.call)), () => this.#checkLimit(post));
  }

  /** Tells whether the job runs on that thread: a message from another is from a time before. */
  isOn(post: Post): boolean {
    return this.#run?.post === post;
  }

  wrote(source: OutputSource, text: string): void {
    this.#job.onOutput(source, text);
  }

  /** The answer to a host call of the guest; `parkMs` is how long its thread counts as busy meanwhile. */
  async answerTo(call: HostCall, parkMs: number): Promise<HostAnswer> {
    this.#aborter ??= new AbortController();
    clearTimeout(this.#parkTimer);
    this.#parkTimer = setTimeout(() => this.#park(), parkMs);
    const answer = await this.#job.answer(call, this.#aborter.signal);
    clearTimeout(this.#parkTimer);
    if (this.#isParked) this.#ports.onParked(false);
    this.#isParked = false;
    return answer;
  }

  /** Ends with an outcome, and what the thread measured, when it did. */
  resolve(outcome: JobOutcome, measured?: { readonly runMs: number; readonly instance: InstanceUse }): void {
    this.#stopClocks();
    const now = monotonicNow();
    const beganMs = this.#run?.sinceMs ?? now;
    this.#ports.resolve({ outcome, waitMs: beganMs - this.#submittedMs, runMs: measured?.runMs ?? now - beganMs, instance: measured?.instance });
  }

  /** Ends without an outcome. */
  reject(reason: Error): void {
    this.#stopClocks();
    this.#ports.reject(reason);
  }

  /** Looks again when the current phase can have used up its limit: the phases are timed apart. */
  #checkLimit(post: Post): void {
    const reading = post.thread?.phase();
    // The guest is done; this thread may only be too busy to have seen its outcome.
    if (reading === undefined) return;
    const limitMs = this.#job.limits[reading.phase];
    if (monotonicNow() - reading.sinceMs >= limitMs) this.#ports.onLimit(reading.phase);
    else this.#limitTimer = timerAt(deadlineAfter(limitMs, reading.sinceMs), () => this.#checkLimit(post));
  }

  #park(): void {
    this.#isParked = true;
    this.#ports.onParked(true);
  }

  #stopClocks(): void {
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#limitTimer);
    clearTimeout(this.#parkTimer);
    this.#aborter?.abort();
  }
}

function timerAt(deadline: Deadline, expire: () => void): NodeJS.Timeout | undefined {
  const leftMs = remainingMs(deadline);
  // Rounded up: a timer that fires a fraction early would find its time not yet come.
  return leftMs > maxTimerMs ? undefined : setTimeout(expire, Math.ceil(leftMs));
}
