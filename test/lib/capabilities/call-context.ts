// A call context that records the events it is given.
import type { CallContext } from '../../../lib/capabilities/capability.js';
import { never } from '../../../lib/deadline.js';
import type { RuntimeEvent } from '../../../lib/events.js';

export interface RecordedContext extends CallContext {
  readonly events: readonly RuntimeEvent[];
}

/** The context of the policy `p1`, with what a test cares about replaced. */
export function recordedContext(overrides: Partial<CallContext> = {}): RecordedContext {
  const events: RuntimeEvent[] = [];
  return {
    policyId: 'p1',
    signal: new AbortController().signal,
    deadline: never,
    contextAwareResources: [],
    emit: (event) => void events.push(event),
    events,
    ...overrides,
  };
}

export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
