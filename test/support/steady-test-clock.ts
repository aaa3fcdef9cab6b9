// A clock that moves when the test says so and wakes sleepers on the way, in the order of their times.
import type { SteadyClock } from '../../lib/kubernetes/steady-clock.js';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** Lets everything that can go on without time passing go on. */
export async function settle(): Promise<void> {
  // Promise chains of any usual length end before the next turn of the event loop; two turns cover chains that span one.
  for (let turn = 0; turn < 2; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

/** Time of one test; chance comes from a seed. */
export class SteadyTestClock implements SteadyClock {
  /** How far the wall clock is from the steady one; a test may change it at any time. */
  skewMs: number;
  #nowMs = 0;
  #seed: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor({ skewMs = Date.UTC(2026, 0, 1), seed = 1 } = {}) {
    this.skewMs = skewMs;
    this.#seed = seed;
  }

  readonly nowMs = (): number => this.#nowMs + this.skewMs;

  readonly steadyMs = (): number => this.#nowMs;

  /** mulberry32. */
  readonly random = (): number => {
    this.#seed = (this.#seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#seed ^ (this.#seed >>> 15), 1 | this.#seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };

  readonly sleep = (durationMs: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const sleeper: Sleeper = {
        dueMs: this.#nowMs + durationMs,
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      signal.addEventListener('abort', sleeper.wake, { once: true });
      this.#sleepers.add(sleeper);
    });

  /** How many wait. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** When the next sleeper is due; nothing when none waits. */
  get nextMs(): number | undefined {
    const due = [...this.#sleepers].map(({ dueMs }) => dueMs);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  /** Moves time forward, sleeper by sleeper. */
  async advance(durationMs: number): Promise<void> {
    const endMs = this.#nowMs + durationMs;
    await settle();
    for (let next = this.#first(endMs); next !== undefined; next = this.#first(endMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.wake();
      await settle();
    }
    this.#nowMs = endMs;
  }

  #first(endMs: number): Sleeper | undefined {
    return [...this.#sleepers].filter(({ dueMs }) => dueMs <= endMs).sort((a, b) => a.dueMs - b.dueMs)[0];
  }
}
