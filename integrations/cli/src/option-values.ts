// Durations and counts as users write them.
import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, '': 1000 };

/** A week; timers cannot wait longer than 24 days. */
const maxMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Reads `500ms`, `10s`, `2m`, or a number of seconds into milliseconds; nought is a duration.
 *
 * @throws {InvalidArgumentError} which commander reports as a usage error
 */
export function parseDuration(text: string): number {
  const ms = durationOf(text);
  if (ms !== undefined) return ms;
  throw new InvalidArgumentError('Expected a duration such as 500ms, 10s or 2m.');
}

/** Reads a limit: a duration that is not nought, or `none` (`Infinity`; commander takes null for a value that is missing). */
export function parseTimeout(text: string): number {
  if (text === 'none') return Number.POSITIVE_INFINITY;
  const ms = durationOf(text);
  if (ms !== undefined && ms > 0) return ms;
  throw new InvalidArgumentError("Expected a duration such as 500ms, 10s or 2m, or 'none'.");
}

function durationOf(text: string): number | undefined {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Number(digits) * (units[unit] ?? Number.NaN);
  return ms <= maxMs ? ms : undefined;
}

/**
 * Reads a whole number from 1 to a million. Faults as `parseDuration`.
 */
export function parseCount(text: string): number {
  const count = /^\d+$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= 1_000_000) return count;
  throw new InvalidArgumentError('Expected a whole number from 1 to 1000000.');
}
