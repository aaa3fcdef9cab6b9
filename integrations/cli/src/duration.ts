// Durations as users write them.
import { InvalidArgumentError } from 'commander';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, '': 1000 };

/** A week; timers cannot wait longer than 24 days. */
const maxMs = 7 * 24 * 60 * 60 * 1000;

/**
 * Reads `500ms`, `10s`, `2m`, or a number of seconds into milliseconds.
 *
 * @throws {InvalidArgumentError} which commander reports as a usage error
 */
export function parseDuration(text: string): number {
  const [, digits, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
  const ms = Number(digits) * (units[unit] ?? Number.NaN);
  if (ms > 0 && ms <= maxMs) return ms;
  throw new InvalidArgumentError('Expected a duration such as 500ms, 10s or 2m.');
}

/** The same, or `none` for no limit (`Infinity`; commander takes null for a value that is missing). */
export function parseTimeout(text: string): number {
  if (text === 'none') return Number.POSITIVE_INFINITY;
  try {
    return parseDuration(text);
  } catch {
    throw new InvalidArgumentError("Expected a duration such as 500ms, 10s or 2m, or 'none'.");
  }
}
