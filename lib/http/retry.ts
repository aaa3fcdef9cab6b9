// Trying again: what is worth it, after how long, how often. Each attempt is a whole operation, so nothing is resumed.
import { type Fault, isFault } from '../fault.js';
import type { Clock } from './clock.js';
import { abortFault } from './http-fault.js';
import type { NetworkEventSink } from './network-event.js';

export interface RetryPolicy {
  /** How often an operation is tried in all. */
  readonly attempts: number;
  /** The wait before the second attempt, in milliseconds; doubled before each further one. */
  readonly firstDelayMs: number;
  /** The longest wait of our own choosing. */
  readonly maxDelayMs: number;
  /** The longest wait a server may ask for; more is a failure at once, for the caller has better things to do. */
  readonly maxRetryAfterMs: number;
}

/** Four attempts within about seven seconds, or what the server asks for up to 30 s each. */
export const defaultRetryPolicy: RetryPolicy = { attempts: 4, firstDelayMs: 1000, maxDelayMs: 8000, maxRetryAfterMs: 30_000 };

export interface RetryPorts {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly onEvent: NetworkEventSink;
}

/** Runs `work` until it succeeds, fails for good, or was tried often enough. */
export async function retrying<T>(what: string, work: () => Promise<T>, signal: AbortSignal, { policy, clock, onEvent }: RetryPorts): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isFault(error)) throw error;
      const delayMs = delayAfter(error, attempt, policy, clock);
      if (delayMs === undefined) throw error;
      onEvent({ kind: 'attempt-failed', what, because: error.message, attempt, delayMs });
      await clock.sleep(delayMs, signal);
      if (signal.aborted) throw abortFault(signal);
    }
  }
}

/** Milliseconds until the next attempt; nothing when there is to be none. */
function delayAfter(fault: Fault, attempt: number, policy: RetryPolicy, clock: Clock): number | undefined {
  if (!fault.retryable || attempt >= policy.attempts) return undefined;
  const asked = fault.context['retryAfterMs'];
  if (typeof asked === 'number') return asked <= policy.maxRetryAfterMs ? asked : undefined;
  const delayMs = Math.min(policy.maxDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  // Half fixed, half by chance: servers that failed many clients at once are not hit by all of them at once again.
  return Math.round((delayMs * (1 + clock.random())) / 2);
}

/**
 * Reads a `Retry-After` header: seconds, or a date.
 *
 * @returns milliseconds, never negative; nothing when the header is absent or is neither
 */
export function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}
