// Time and chance as the clients need them, handed in so that tests need not wait.
import { setTimeout as wait } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
  /** Waits; returns early, without a word, when the signal fires. */
  readonly sleep: (durationMs: number, signal: AbortSignal) => Promise<void>;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
}

/** The machine's own. */
export const systemClock: Clock = {
  nowMs: Date.now,
  random: Math.random,
  async sleep(durationMs, signal) {
    await wait(durationMs, undefined, { signal }).catch(() => undefined);
  },
};
