// Keys that want work: each at most once in the queue and never with two workers. What the work is, is the caller's.
import { type BackOff, backOffMs } from './back-off.js';
import { maxSleepMs, type SteadyClock, steadyClock } from './steady-clock.js';

export interface WorkQueueOptions {
  /** Waits after failures of a key. */
  readonly backOff?: BackOff;
  readonly clock?: SteadyClock;
}

/** From 5 ms, for most failures are races that have passed, to five minutes. */
const defaultBackOff: BackOff = { firstMs: 5, maxMs: 300_000 };

/** A queue of keys in the order of their coming. */
export class WorkQueue<Key extends string = string> {
  readonly #backOff: BackOff;
  readonly #clock: SteadyClock;
  /** Keys to be handed out, oldest first. */
  readonly #waiting = new Set<Key>();
  /** Keys with a worker, and whether they were added again meanwhile. */
  readonly #working = new Map<Key, boolean>();
  /** When keys are due, on the steady clock. */
  readonly #delayed = new Map<Key, number>();
  readonly #failures = new Map<Key, number>();
  readonly #takers: ((key: Key | undefined) => void)[] = [];
  #alarm: { readonly dueMs: number; readonly stop: AbortController } | undefined;
  #drained: (() => void) | undefined;
  #closed = false;

  constructor({ backOff = defaultBackOff, clock = steadyClock }: WorkQueueOptions = {}) {
    this.#backOff = backOff;
    this.#clock = clock;
  }

  /** Keys that wait to be taken; delayed ones are not counted. */
  get length(): number {
    return this.#waiting.size;
  }

  /** Adds a key, unless it waits already; if a worker has it, it is added when the worker is done. */
  add(key: Key): void {
    if (this.#closed) return;
    if (this.#working.has(key)) {
      this.#working.set(key, true);
      return;
    }
    this.#waiting.add(key);
    this.#handOut();
  }

  /** Adds a key after a wait; of several waits for a key the shortest counts. */
  addAfter(key: Key, delayMs: number): void {
    if (this.#closed) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueMs = this.#clock.steadyMs() + delayMs;
    if (dueMs >= (this.#delayed.get(key) ?? Number.POSITIVE_INFINITY)) return;
    this.#delayed.set(key, dueMs);
    if (this.#alarm === undefined || dueMs < this.#alarm.dueMs) this.#setAlarm(dueMs);
  }

  /**
   * Adds a key whose work failed, after a wait that grows with its failures.
   *
   * @param atLeastMs the pause that somebody asked for
   * @returns the wait in milliseconds
   */
  retry(key: Key, atLeastMs = 0): number {
    const failures = (this.#failures.get(key) ?? 0) + 1;
    this.#failures.set(key, failures);
    const delayMs = Math.max(atLeastMs, backOffMs(this.#backOff, failures, this.#clock.random()));
    this.addAfter(key, delayMs);
    return delayMs;
  }

  /** Forgets the failures of a key: its work succeeded, or is over. */
  forget(key: Key): void {
    this.#failures.delete(key);
  }

  /** Waits for a key, which is the caller's until `done`; undefined when the queue has been shut down. */
  take(): Promise<Key | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#takers.push(resolve);
      this.#handOut();
    });
  }

  /** Gives a key back. */
  done(key: Key): void {
    const again = this.#working.get(key);
    this.#working.delete(key);
    if (again === true) this.add(key);
    if (this.#working.size === 0) this.#drained?.();
  }

  /** Hands out nothing more; settles when every key that was taken has been given back. */
  async shutDown(): Promise<void> {
    this.#closed = true;
    this.#waiting.clear();
    this.#delayed.clear();
    this.#alarm?.stop.abort();
    for (const taker of this.#takers.splice(0)) taker(undefined);
    if (this.#working.size === 0) return;
    await new Promise<void>((resolve) => {
      const before = this.#drained;
      this.#drained = () => {
        before?.();
        resolve();
      };
    });
  }

  #handOut(): void {
    for (const key of this.#waiting) {
      const taker = this.#takers.shift();
      if (taker === undefined) return;
      this.#waiting.delete(key);
      this.#working.set(key, false);
      taker(key);
    }
  }

  /** Makes sure that somebody looks at the delayed keys at a time. */
  #setAlarm(dueMs: number): void {
    this.#alarm?.stop.abort();
    const stop = new AbortController();
    this.#alarm = { dueMs, stop };
    void this.#clock.sleep(Math.min(maxSleepMs, Math.max(0, dueMs - this.#clock.steadyMs())), stop.signal).then(() => {
      if (!stop.signal.aborted) this.#ring();
    });
  }

  #ring(): void {
    this.#alarm = undefined;
    const nowMs = this.#clock.steadyMs();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const [key, dueMs] of this.#delayed) {
      if (dueMs <= nowMs) {
        this.#delayed.delete(key);
        this.add(key);
      } else nextMs = Math.min(nextMs, dueMs);
    }
    if (nextMs !== Number.POSITIVE_INFINITY) this.#setAlarm(nextMs);
  }
}
