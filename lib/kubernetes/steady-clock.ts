// Time and chance as the parts of this folder need them, handed in so that tests need not wait.
import { monotonicNow } from '../deadline.js';
import { type Clock, systemClock } from '../http/clock.js';

export interface SteadyClock extends Clock {
  /** Milliseconds since an arbitrary start; whoever sets the machine's time changes nothing here. */
  readonly steadyMs: () => number;
}

/** The machine's own. */
export const steadyClock: SteadyClock = { ...systemClock, steadyMs: monotonicNow };

/** A timer asked for more fires at once, in milliseconds (https://nodejs.org/api/timers.html#settimeoutcallback-delay-args). */
export const maxSleepMs = 2 ** 31 - 1;
