// What a policy makes the operator read, within a budget per evaluation: a policy that floods its log must not fill a disk.
import type { EventSink, RuntimeEvent } from '../events.js';

import { maxChars, OutputBudget } from './bridge/output-budget.js';

/** An event sink for one evaluation that passes everything on but more log lines, denials and failures than the budget allows. */
export function withLogBudget(policyId: string, emit: EventSink, maxLines: number): EventSink {
  const budget = new OutputBudget(maxLines);
  const message = `the policy wrote or caused more than ${maxLines} lines or ${maxChars} characters of log in one evaluation; the rest is dropped`;
  return (event) => {
    const chars = logChars(event);
    const state = chars === undefined ? 'within' : budget.spend(chars);
    if (state === 'within') emit(event);
    if (state === 'first-beyond') emit({ kind: 'guest-logged', policyId, source: 'console', level: 'warn', message, data: '{}' });
  };
}

/** Characters that an event adds to the operator's log, nothing for one that a policy cannot multiply. */
function logChars(event: RuntimeEvent): number | undefined {
  switch (event.kind) {
    case 'guest-logged':
      return event.message.length + event.data.length;
    case 'capability-denied':
    case 'capability-failed':
      return event.capability.length;
    default:
      return undefined;
  }
}
