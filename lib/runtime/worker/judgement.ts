// Reading what a policy answered, in the thread where it answered: an answer can be large and slow to read, and here its policy's own
// limits in time and memory hold (docs/adr/0007).
import type { Outcome } from '../../outcome.js';
import { responseOfAnswer } from '../../policy/verdict.js';
import type { Assignment, JobOutcome } from '../bridge/wire.js';

/** What came of an assignment: an answer that is to be judged becomes the response that it stands for. */
export function judged(outcome: Outcome, { payload, judging }: Pick<Assignment, 'payload' | 'judging'>): JobOutcome {
  if (judging === undefined || outcome.kind !== 'answered') return outcome;
  const { uid, base } = judging;
  return { kind: 'judged', response: responseOfAnswer(outcome.payload, { uid, base: base === undefined ? undefined : payload.subarray(base.start, base.end) }) };
}
