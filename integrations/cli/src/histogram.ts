// A series as bars for a terminal.
import { percentile } from './statistics.js';

/** Bars, the last of which takes all that is slower. */
const bars = 12;
/** Eighths of a character cell, from none to seven. */
const fractions = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** How the bars are drawn. */
export interface HistogramStyle {
  /** Columns of the terminal. */
  readonly columns: number;
  readonly format: (value: number) => string;
  readonly paint: (text: string) => string;
}

/**
 * Draws how often which values occur, from the smallest to the 99th percentile; what lies beyond shares the last bar.
 *
 * @param series not empty
 */
export function formatHistogram(series: readonly number[], { columns, format, paint }: HistogramStyle): string {
  const buckets = bucketsOf(Float64Array.from(series).sort());
  const labels = buckets.map(({ from }) => format(from));
  const width = Math.max(...labels.map((label) => label.length));
  const most = Math.max(...buckets.map(({ count }) => count));
  const room = Math.max(10, columns - width - String(most).length - 8);
  return buckets
    .map(({ count }, index) => `  ${index === bars ? '>' : ' '} ${(labels[index] ?? '').padStart(width)} ${paint(barOf((count / most) * room))} ${count}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

interface Bucket {
  /** The smallest value it takes. */
  readonly from: number;
  readonly count: number;
}

function bucketsOf(sorted: Float64Array): readonly Bucket[] {
  const low = sorted[0] ?? 0;
  const high = percentile(sorted, 99);
  const counts = Array.from({ length: bars + 1 }, () => 0);
  for (const value of sorted) {
    const index = value > high ? bars : Math.min(bars - 1, Math.floor(((value - low) / (high - low || 1)) * bars));
    counts[index] = (counts[index] ?? 0) + 1;
  }
  return counts.map((count, index) => ({ from: low + ((high - low) * index) / bars, count })).filter((_, index) => high > low || index === 0);
}

function barOf(cells: number): string {
  const eighths = Math.round(cells * 8);
  return '█'.repeat(Math.floor(eighths / 8)) + (fractions[eighths % 8] ?? '');
}
