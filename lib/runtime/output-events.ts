// What a guest writes without a host call becomes events, within a budget per evaluation: a policy that floods its log must
// not fill the operator's disk.
import type { EventSink } from '../events.js';

import type { OutputSource } from './bridge/wire.js';

/** Lines of one evaluation that are passed on. */
const maxLines = 1000;

/** Makes the receiver of one evaluation's output. */
export function outputEvents(policyId: string, emit: EventSink): (source: OutputSource, text: string) => void {
  let lines = 0;
  return (source, text) => {
    lines += 1;
    if (lines > maxLines + 1) return;
    const message = lines > maxLines ? `the policy wrote more than ${maxLines} lines in one evaluation; the rest is dropped` : text;
    emit({ kind: 'guest-logged', policyId, source, level: lines > maxLines ? 'warn' : 'info', message, data: '{}' });
  };
}
