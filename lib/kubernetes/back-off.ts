// How long to wait after a number of failures. PURE: chance is a parameter.

/** Waits that double up to a limit. */
export interface BackOff {
  /** The wait after the first failure, in milliseconds. */
  readonly firstMs: number;
  readonly maxMs: number;
}

/**
 * The wait after so many failures in a row, in milliseconds.
 *
 * Half is fixed and half by chance, so that what failed together does not try again together.
 *
 * @param failures 1 after the first
 * @param chance from 0 up to, not including, 1
 */
export function backOffMs({ firstMs, maxMs }: BackOff, failures: number, chance: number): number {
  // Beyond 2^30 the limit has long been reached.
  const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round((fullMs * (1 + chance)) / 2);
}
