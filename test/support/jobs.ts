// Jobs for pools in tests, and what became of them as text.
import { never } from '../../lib/deadline.js';
import { isFault } from '../../lib/fault.js';
import type { Job, JobResult } from '../../lib/runtime/pool/pending-job.js';

import { guestModule, shownOutcome } from './wapc-guest.js';

const module = guestModule({});

/** A job without limits that refuses host calls. */
export function job(changes: Partial<Job> = {}): Job {
  return {
    module,
    operation: 'run',
    payload: new Uint8Array(0),
    deadline: never,
    limitMs: Number.POSITIVE_INFINITY,
    answer: () => Promise.resolve({ kind: 'refused', message: 'no calls here' }),
    onOutput: () => undefined,
    ...changes,
  };
}

/** What a job came to: its outcome, or the code and message of the fault. */
export async function ending(result: Promise<JobResult>): Promise<string> {
  try {
    return shownOutcome((await result).outcome);
  } catch (thrown) {
    return isFault(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
}
