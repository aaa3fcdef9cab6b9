// What a series of measurements says. Pure: the bootstrap draws from a sequence that is the same every time.

/** A series in numbers, all in the unit of the measurements. */
export interface Summary {
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  /** Between these the mean lies with 95 % confidence, by resampling. */
  readonly meanInterval: readonly [low: number, high: number];
  readonly standardDeviation: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/**
 * Summarises a series.
 *
 * @param resamples how often the series is drawn anew to tell how sure its mean is
 * @throws {RangeError} for an empty series
 */
export function summarise(series: readonly number[], resamples: number): Summary {
  const sorted = Float64Array.from(series).sort();
  const [min] = sorted;
  const max = sorted.at(-1);
  if (min === undefined || max === undefined) throw new RangeError('an empty series says nothing');
  const mean = meanOf(sorted);
  return {
    count: sorted.length,
    min,
    mean,
    meanInterval: intervalOfMean(sorted, resamples),
    standardDeviation: Math.sqrt(meanOf(sorted.map((value) => (value - mean) ** 2))),
    p50: percentile(sorted, 50),
    p90: percentile(sorted, 90),
    p99: percentile(sorted, 99),
    max,
  };
}

/** The value that `percent` of the series do not exceed (nearest rank); the series is sorted and not empty. */
export function percentile(sorted: Float64Array, percent: number): number {
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

function meanOf(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function intervalOfMean(sorted: Float64Array, resamples: number): readonly [number, number] {
  const random = randomSequence();
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0;
    for (let drawn = 0; drawn < sorted.length; drawn += 1) sum += sorted[Math.floor(random() * sorted.length)] ?? 0;
    return sum / sorted.length;
  }).sort();
  return [percentile(means, 2.5), percentile(means, 97.5)];
}

/** Numbers in [0, 1) that look random: a linear congruential generator (Numerical Recipes), good enough to draw samples. */
function randomSequence(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
