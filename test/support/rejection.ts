// What a promise that must fail rejects with.
import { Fault } from '../../lib/fault.js';

/** The fault a promise rejects with; anything else it rejects with, and its success, fails the test. */
export async function rejectionOf(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Fault) return error as Fault;
    throw error;
  }
  throw new Error('expected a fault, but nothing was thrown');
}
