// Measures one operation: warm-up, then round after round until the time is over. The clock and the operation are given.

/** How long and how often to measure. Times are in milliseconds. */
export interface BenchmarkPlan {
  readonly warmUpMs: number;
  /** How long to measure; it takes longer when `minSamples` rounds do. */
  readonly measurementMs: number;
  readonly minSamples: number;
}

/** One round. */
export interface Sample {
  /** From the call to its answer: what a caller waits. */
  readonly totalMs: number;
  /** In the sandbox, from the start of the policy to its answer. */
  readonly sandboxMs: number;
}

/** Rounds beyond this tell nothing new. */
export const maxSamples = 20_000;

/**
 * Measures an operation.
 *
 * @param round performs it once; answers how long the sandbox took, in milliseconds
 * @param nowMs a monotonic clock
 */
export async function measure(round: () => Promise<number>, plan: BenchmarkPlan, nowMs: () => number): Promise<readonly Sample[]> {
  const warmUntil = nowMs() + plan.warmUpMs;
  while (nowMs() < warmUntil) await round();
  const samples: Sample[] = [];
  const until = nowMs() + plan.measurementMs;
  while (samples.length < maxSamples && (samples.length < plan.minSamples || nowMs() < until)) {
    const start = nowMs();
    const sandboxMs = await round();
    samples.push({ totalMs: nowMs() - start, sandboxMs });
  }
  return samples;
}
