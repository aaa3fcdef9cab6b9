// Sandbox threads that do what a test tells them, so that every order of messages, exits and delays can be played.
import { monotonicNow } from '../../lib/deadline.js';
import type { Outcome } from '../../lib/outcome.js';
import type { PhaseReading } from '../../lib/runtime/bridge/phase-clock.js';
import type { Assignment, HostReply } from '../../lib/runtime/bridge/wire.js';
import { judged } from '../../lib/runtime/worker/judgement.js';
import type { SandboxThread, StartThread, ThreadEvents } from '../../lib/runtime/pool/sandbox-thread.js';

/** One thread; `events` is its way to the pool. It goes when it is told to, unless it is stubborn. */
export class HandDrivenThread implements SandboxThread {
  readonly events: ThreadEvents;
  readonly assigned: Assignment[] = [];
  readonly replies: HostReply[] = [];
  reading: PhaseReading | undefined;
  isStubborn = false;
  isStopped = false;
  isGone = false;
  isAbandoned = false;
  isInterrupted = false;
  readonly forgotten: number[] = [];
  /** Told when a job is handed over. */
  onAssign: () => void = () => undefined;

  constructor(events: ThreadEvents) {
    this.events = events;
  }

  assign(assignment: Assignment): void {
    this.assigned.push(assignment);
    this.onAssign();
    this.reading = { phase: 'start', sinceMs: monotonicNow() };
  }

  answer(reply: HostReply): void {
    this.replies.push(reply);
  }

  phase(): PhaseReading | undefined {
    return this.reading;
  }

  interrupt(): void {
    this.isInterrupted = true;
  }

  calm(): void {
    this.isInterrupted = false;
  }

  forget(sandboxes: readonly number[]): void {
    this.forgotten.push(...sandboxes);
  }

  stop(): void {
    this.isStopped = true;
    if (!this.isStubborn) setImmediate(() => this.exit());
  }

  abandon(): void {
    this.isAbandoned = true;
  }

  /** The number of the job it was given last. */
  get job(): number {
    return this.assigned.at(-1)?.job ?? 0;
  }

  ready(): void {
    this.events.onMessage({ kind: 'ready' });
  }

  finish(outcome: Outcome, job = this.job, isMending = false): void {
    const assignment = this.assigned.find((one) => one.job === job);
    this.events.onMessage({ kind: 'finished', job, outcome: assignment === undefined ? outcome : judged(outcome, assignment), runMs: 1, instance: { kind: 'reset' }, isMending });
  }

  mended(): void {
    this.events.onMessage({ kind: 'mended' });
  }

  /** Asks the host something. */
  ask(serial: number, job = this.job): void {
    this.events.onMessage({ kind: 'host-called', job, serial, call: { binding: 'b', namespace: 'n', operation: 'o', payload: new Uint8Array(0) } });
  }

  exit(reason = 'it ended by itself'): void {
    if (this.isGone) return;
    this.isGone = true;
    this.events.onExit(reason);
  }
}

/** Threads in the order of their start; `refusal` is thrown instead when it is set. */
export class HandDrivenThreads {
  readonly threads: HandDrivenThread[] = [];
  refusal: Error | undefined;

  readonly start: StartThread = (events) => {
    if (this.refusal !== undefined) throw this.refusal;
    const thread = new HandDrivenThread(events);
    this.threads.push(thread);
    return thread;
  };

  /** The thread started as that number, counted from 1. */
  nth(number: number): HandDrivenThread {
    const thread = this.threads[number - 1];
    if (thread === undefined) throw new Error(`only ${this.threads.length} threads were started`);
    return thread;
  }
}
