// A clock that moves when the test says so.

/** Time as a test wants it. */
export interface ManualClock {
  /** The time now, as ports ask for it. */
  readonly now: () => Date;
  /** Moves time forward. */
  advance(durationMs: number): void;
  /** Sets the time. */
  set(time: Date | string): void;
}

/** Makes a clock that stands at a time. */
export function manualClock(start: Date | string = '2026-01-01T00:00:00Z'): ManualClock {
  let nowMs = new Date(start).getTime();
  return {
    now: () => new Date(nowMs),
    advance: (durationMs) => {
      nowMs += durationMs;
    },
    set: (time) => {
      nowMs = new Date(time).getTime();
    },
  };
}
