// One job on its way through the pool: its promise, its two clocks, and the host call it may wait for.
import { deadlineAfter, monotonicNow, remainingMs, type Deadline } from '../../deadline.js';
import type { GuestPhase, Outcome } from '../../outcome.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';
import type { OutputSource } from '../bridge/wire.js';

import type { SandboxThread } from './sandbox-thread.js';

/** One operation to run on one module. */
export interface Job {
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

/** Where a job's outcome goes, and who is told when its time is up. */
export interface JobPorts {
  readonly resolve: (result: JobResult) => void;
  readonly reject: (reason: Error) => void;
  readonly onDeadline: () => void;
  readonly onLimit: (phase: GuestPhase) => void;
}

/** setTimeout fires at once beyond this many milliseconds. */
const maxTimerMs = 2 ** 31 - 1;

/** A job that is not settled yet. */
export class PendingJob {
  readonly #job: Job;
  readonly #ports: JobPorts;
  readonly #submittedMs = monotonicNow();
  readonly #deadlineTimer: NodeJS.Timeout | undefined;
  #run: { readonly thread: SandboxThread; readonly sinceMs: number } | undefined;
  #limitTimer: NodeJS.Timeout | undefined;
  #aborter: AbortController | undefined;

  constructor(job: Job, ports: JobPorts) {
    this.#job = job;
    this.#ports = ports;
    this.#deadlineTimer = timerAt(job.deadline, ports.onDeadline);
  }

  /** Begins to run on a thread. */
  begin(id: number, thread: SandboxThread): void {
    const { module, operation, payload, limitMs } = this.#job;
    this.#run = { thread, sinceMs: monotonicNow() };
    thread.assign({ job: id, module, operation, payload });
    this.#limitTimer = timerAt(deadlineAfter(limitMs), () => this.#checkLimit(thread));
  }

  /** Tells whether the job runs on that thread: a message from another is from a time before. */
  isOn(thread: SandboxThread): boolean {
    return this.#run?.thread === thread;
  }

  wrote(source: OutputSource, text: string): void {
    this.#job.onOutput(source, text);
  }

  /** The answer to a host call of the guest. */
  async answerTo(call: HostCall): Promise<HostAnswer> {
    this.#aborter ??= new AbortController();
    return this.#job.answer(call, this.#aborter.signal);
  }

  /** Ends with an outcome; `runMs` is what the thread measured, when it did. */
  resolve(outcome: Outcome, runMs?: number): void {
    this.#stopClocks();
    const now = monotonicNow();
    const beganMs = this.#run?.sinceMs ?? now;
    this.#ports.resolve({ outcome, waitMs: beganMs - this.#submittedMs, runMs: runMs ?? now - beganMs });
  }

  /** Ends without an outcome. */
  reject(reason: Error): void {
    this.#stopClocks();
    this.#ports.reject(reason);
  }

  /** Looks again when the current phase can have used up its limit: the phases are timed apart. */
  #checkLimit(thread: SandboxThread): void {
    const { limitMs } = this.#job;
    const reading = thread.phase();
    // The guest is done; this thread may only be too busy to have seen its outcome.
    if (reading === undefined) return;
    if (monotonicNow() - reading.sinceMs >= limitMs) this.#ports.onLimit(reading.phase);
    else this.#limitTimer = timerAt(deadlineAfter(limitMs, reading.sinceMs), () => this.#checkLimit(thread));
  }

  #stopClocks(): void {
    clearTimeout(this.#deadlineTimer);
    clearTimeout(this.#limitTimer);
    this.#aborter?.abort();
  }
}

function timerAt(deadline: Deadline, expire: () => void): NodeJS.Timeout | undefined {
  const leftMs = remainingMs(deadline);
  // Rounded up: a timer that fires a fraction early would find its time not yet come.
  return leftMs > maxTimerMs ? undefined : setTimeout(expire, Math.ceil(leftMs));
}
