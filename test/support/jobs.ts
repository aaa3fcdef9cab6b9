// Jobs for pools in tests, and what became of them as text.
import { never } from '../../lib/deadline.js';
import { isFault } from '../../lib/fault.js';
import type { Job, JobResult } from '../../lib/runtime/pool/pending-job.js';
import type { PoolPatience } from '../../lib/runtime/pool/pool.js';

import { codeOf } from './sandbox-code.js';
import { guestModule, shownOutcome } from './wapc-guest.js';

/** Patience for pools whose threads are told what to do, or are waited for however slow the machine is. */
export const patient: PoolPatience = { interruptMs: 60_000, mendMs: 60_000, stopMs: 60_000, parkMs: 60_000 };

const idle = guestModule({});
const numbers = new Map<WebAssembly.Module, number>();

/** The number of a module's sandbox, the same each time. */
function numberOf(module: WebAssembly.Module): number {
  const number = numbers.get(module) ?? numbers.size + 1;
  numbers.set(module, number);
  return number;
}

/** A job without limits that refuses host calls. */
export function job({ module = idle, limitMs = Number.POSITIVE_INFINITY, ...changes }: Partial<Job> & { readonly module?: WebAssembly.Module; readonly limitMs?: number } = {}): Job {
  return {
    policy: 'policy',
    sandbox: numberOf(module),
    code: codeOf(module),
    maxConcurrent: Number.POSITIVE_INFINITY,
    operation: 'run',
    payload: new Uint8Array(0),
    judging: undefined,
    deadline: never,
    limits: { start: limitMs, call: limitMs },
    answer: () => Promise.resolve({ kind: 'refused', message: 'no calls here' }),
    onOutput: () => undefined,
    ...changes,
  };
}

/** What a job came to: its outcome, or the code and message of the fault. */
export async function ending(result: Promise<JobResult>): Promise<string> {
  try {
    const { outcome } = await result;
    return outcome.kind === 'judged' ? `judged ${JSON.stringify(outcome.response)}` : shownOutcome(outcome);
  } catch (thrown) {
    return isFault(thrown) ? `${thrown.code}: ${thrown.message}` : String(thrown);
  }
}
