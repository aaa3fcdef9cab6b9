// Benchmark results as a table with bars for humans, and as JSON for programs.
import type { Sample } from './benchmark.js';
import { formatHistogram } from './histogram.js';
import { summarise, type Summary } from './statistics.js';
import type { Palette } from './terminal-text.js';

/** The measurements of one operation of one policy. */
export interface Measured {
  readonly policyId: string;
  readonly operation: 'validate_settings' | 'validate';
  readonly samples: readonly Sample[];
}

/** What was measured, in one paragraph: numbers mislead without it. */
export const whatIsMeasured =
  'Each round runs one operation in an instance of the policy that has seen no other request. "total" is what a caller of the\n' +
  'library waits: encoding the request, the way to the sandbox thread and back, judging the answer. "sandbox" is the part in the\n' +
  'thread, from bringing up the instance to its answer. The module is loaded and compiled once, before; there is no network.\n';

/** How results are shown. */
export interface ReportStyle {
  readonly palette: Palette;
  /** Absent where no bars are wanted. */
  readonly columns: number | undefined;
}

const columns = ['min', 'mean', 'p50', 'p90', 'p99', 'max'] as const satisfies readonly (keyof Summary)[];

/** One operation as a table, with bars if there is room for them. */
export function formatMeasured({ policyId, operation, samples }: Measured, resamples: number, style: ReportStyle): string {
  const { bold, dim } = style.palette;
  const total = summarise(samples.map(({ totalMs }) => totalMs), resamples);
  const sandbox = summarise(samples.map(({ sandboxMs }) => sandboxMs), resamples);
  const [low, high] = total.meanInterval;
  const lines = [
    `${bold(`${policyId}: ${operation}`)} ${dim(`(${total.count} rounds)`)}`,
    ['', ...columns].map((name, index) => (index === 0 ? ' '.repeat(9) : name.padStart(10))).join(''),
    tableRow('total', total),
    tableRow('sandbox', sandbox),
    `  mean of total between ${formatMs(low)} and ${formatMs(high)} (95 %), ${perSecond(total)} rounds per second, one after the other`,
  ];
  const bars = style.columns === undefined ? '' : `\n${formatHistogram(samples.map(({ totalMs }) => totalMs), { columns: style.columns, format: formatMs, paint: style.palette.cyan })}`;
  return `${lines.join('\n')}\n${bars}`;
}

function tableRow(name: string, summary: Summary): string {
  return `  ${name.padEnd(7)}${columns.map((column) => formatMs(summary[column]).padStart(10)).join('')}`;
}

/** Results as one JSON document; the series themselves are left out. */
export function formatMeasuredJson(measured: readonly Measured[], resamples: number): string {
  const results = measured.map(({ policyId, operation, samples }) => ({
    policy: policyId,
    operation,
    total: summarise(samples.map(({ totalMs }) => totalMs), resamples),
    sandbox: summarise(samples.map(({ sandboxMs }) => sandboxMs), resamples),
  }));
  return `${JSON.stringify({ unit: 'ms', results }, undefined, 2)}\n`;
}

/** Every measurement, for other programs to look at. */
export function formatSamplesJson(measured: readonly Measured[]): string {
  return `${JSON.stringify({ unit: 'ms', results: measured.map(({ policyId, ...rest }) => ({ policy: policyId, ...rest })) })}\n`;
}

/** Milliseconds with three digits that matter. */
export function formatMs(ms: number): string {
  if (ms < 1) return `${(ms * 1000).toFixed(0)} µs`;
  if (ms < 10) return `${ms.toFixed(2)} ms`;
  return ms < 1000 ? `${ms.toFixed(1)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

function perSecond({ mean }: Summary): string {
  return (1000 / mean).toFixed(mean > 100 ? 1 : 0);
}
