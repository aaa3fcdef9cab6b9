// When a request's answer is worthless: the API server tells its patience in the query, and the server has a maximum of its own.
import { deadlineAfter, type Deadline } from 'wasmwarden';

/** The longest timeout Kubernetes accepts for a webhook; nobody waits longer. */
export const maxRequestMs = 30_000;
/** What the answer itself may need on its way, so that it arrives before the API server gives up. */
const marginMs = 100;

const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, 'µs': 1e-3, ns: 1e-6 };

/**
 * The deadline of a request that arrived at `arrivalMs`.
 *
 * @param timeout the query's `timeout` as the API server writes it (a Go duration such as `10s`); what cannot be read counts as absent
 */
export function requestDeadline(timeout: string | undefined, arrivalMs: number): Deadline {
  const askedMs = timeout === undefined ? undefined : goDurationMs(timeout);
  if (askedMs === undefined) return deadlineAfter(maxRequestMs, arrivalMs);
  return deadlineAfter(Math.min(maxRequestMs, Math.max(askedMs - marginMs, askedMs / 2)), arrivalMs);
}

/** Milliseconds of a Go duration: one or more numbers with units, none of them negative. */
export function goDurationMs(text: string): number | undefined {
  if (!/^(\d+(\.\d*)?(h|ms|m|s|us|µs|ns))+$/.test(text)) return undefined;
  let sumMs = 0;
  for (const [, digits, unit] of text.matchAll(/(\d+(?:\.\d*)?)(h|ms|m|s|us|µs|ns)/g)) sumMs += Number(digits) * (unitMs[unit ?? ''] ?? 0);
  return sumMs;
}
