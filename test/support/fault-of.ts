// What an action that must fail threw.
import { Fault } from '../../lib/fault.js';

/** The fault an action throws; anything else it throws, and not throwing at all, fails the test. */
export function faultOf(action: () => unknown): Fault {
  try {
    action();
  } catch (error) {
    if (error instanceof Fault) return error as Fault;
    throw error;
  }
  throw new Error('expected a fault, but nothing was thrown');
}
