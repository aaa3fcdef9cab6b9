// Absolute points on the monotonic clock. The only file of the library that reads that clock.

/** A point in time in milliseconds of `monotonicNow`; `Infinity` never comes. */
export type Deadline = number & { readonly brand: 'Deadline' };

/** No limit. */
export const never: Deadline = Number.POSITIVE_INFINITY as Deadline;

/** Milliseconds since an arbitrary start, the same for every thread of the process and untouched by wall-clock changes. */
export function monotonicNow(): number {
  // hrtime and not performance.now(): the latter counts from each thread's own start.
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The deadline that lies `durationMs` milliseconds after `nowMs`. */
export function deadlineAfter(durationMs: number, nowMs: number = monotonicNow()): Deadline {
  return (nowMs + durationMs) as Deadline;
}

/** The earlier of several deadlines. */
export function earliest(...deadlines: readonly Deadline[]): Deadline {
  return Math.min(...deadlines) as Deadline;
}

/** Milliseconds left until the deadline, never negative. */
export function remainingMs(deadline: Deadline, nowMs: number = monotonicNow()): number {
  return Math.max(0, deadline - nowMs);
}

/** Tells whether the deadline has passed. */
export function isExpired(deadline: Deadline, nowMs: number = monotonicNow()): boolean {
  return nowMs >= deadline;
}
