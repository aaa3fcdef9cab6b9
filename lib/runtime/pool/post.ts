// A thread's place in the pool, from the order to start it to its end: what it was told, and the clocks that run against it.
import { monotonicNow } from '../../deadline.js';
import type { HostReply } from '../bridge/wire.js';
import type { SandboxCode } from '../bridge/sandbox-code.js';

import type { SandboxThread } from './sandbox-thread.js';

/** One thread that is there. */
export class Post {
  readonly startedMs = monotonicNow();
  /** Resolves when the thread is gone or given up. */
  readonly gone: Promise<void>;
  /** Missing for a moment when the thread could not be created. */
  thread: SandboxThread | undefined;
  isInterrupted = false;
  readonly #leave: () => void;
  /** Whose code it has. */
  readonly #known = new Set<number>();
  /** The host call that it waits for. */
  #asked: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isTold = false;

  constructor() {
    let leave: () => void = () => undefined;
    this.gone = new Promise((resolve) => (leave = resolve));
    this.#leave = leave;
  }

  /** Whether it was told to stop. */
  get isTold(): boolean {
    return this.#isTold;
  }

  /** The code to send along with a job: nothing when the thread has it. */
  introduce(sandbox: number, code: SandboxCode): SandboxCode | undefined {
    if (this.#known.has(sandbox)) return undefined;
    this.#known.add(sandbox);
    return code;
  }

  /** Makes the thread forget what is no longer needed. */
  retain(isNeeded: (sandbox: number) => boolean): void {
    const unneeded = [...this.#known].filter((sandbox) => !isNeeded(sandbox));
    if (unneeded.length === 0) return;
    for (const sandbox of unneeded) this.#known.delete(sandbox);
    this.thread?.forget(unneeded);
  }

  /** Takes note of a host call; one of a guest that must not go on is refused at once. */
  ask(serial: number): void {
    this.#asked = serial;
    if (this.isInterrupted) this.#release();
  }

  /** Answers the host call that the guest waits for; an answer to another one is dropped. */
  answer(reply: HostReply): void {
    if (this.#asked !== reply.serial) return;
    this.#asked = undefined;
    this.thread?.answer(reply);
  }

  /** Makes the guest trap, wherever it is. */
  interrupt(): void {
    this.isInterrupted = true;
    this.thread?.interrupt();
    this.#release();
  }

  /** The guest is out. */
  calm(): void {
    this.#asked = undefined;
    if (!this.isInterrupted) return;
    this.isInterrupted = false;
    this.thread?.calm();
  }

  /** Ends the thread. */
  stop(patienceMs: number, onStuck: () => void): void {
    this.#isTold = true;
    this.await(patienceMs, onStuck);
    this.thread?.stop();
  }

  /** Calls back unless `settle` or another wait comes first. */
  await(patienceMs: number, late: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(late, patienceMs);
  }

  /** What was waited for has come. */
  settle(): void {
    clearTimeout(this.#timer);
  }

  /** The thread is gone, or nobody waits for it any more. */
  leave(): void {
    clearTimeout(this.#timer);
    this.#leave();
  }

  #release(): void {
    const serial = this.#asked;
    if (serial !== undefined) this.answer({ serial, answer: { kind: 'interrupted' } });
  }
}
