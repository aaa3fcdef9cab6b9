// What the runtime tells, as log lines.
import type { LogLevel, RuntimeEvent } from 'wasmwarden';

import { oneLine } from './terminal-text.js';

/** One line of the log. */
export interface LogLine {
  readonly level: LogLevel;
  readonly text: string;
}

/** The line for an event; the policy's own words are put on one line, so that they cannot pass for ours. */
export function lineOfEvent(event: RuntimeEvent): LogLine {
  switch (event.kind) {
    case 'guest-logged':
      return { level: event.level, text: `${event.policyId}: ${oneLine(event.message)}${event.data === '{}' ? '' : ` ${oneLine(event.data)}`}` };
    case 'capability-denied':
      return { level: 'warn', text: `${event.policyId}: the host capability '${oneLine(event.capability)}' was denied, granted are ${event.granted}` };
    case 'capability-failed':
      return { level: 'error', text: `${event.policyId}: the host capability '${oneLine(event.capability)}' failed: ${oneLine(event.problem)}` };
    case 'capability-called':
      return { level: 'debug', text: `${event.policyId}: called '${oneLine(event.capability)}', ${event.ok ? 'answered' : 'refused'} after ${milliseconds(event.durationMs)}` };
    case 'policy-loaded':
      return { level: 'debug', text: `${event.policyId}: loaded sha256:${event.digest} in ${milliseconds(event.loadMs)}` };
    case 'policy-refused':
      return { level: 'debug', text: `${event.policyId}: not loaded, ${event.code}` };
    case 'evaluated':
      return { level: 'debug', text: `${event.policyId}: ${event.operation} ${event.outcome} after ${milliseconds(event.runMs)} (waited ${milliseconds(event.waitMs)})` };
    default:
      return lineOfThread(event);
  }
}

function lineOfThread(event: Extract<RuntimeEvent, { readonly workerId: number }>): LogLine {
  const thread = `sandbox thread ${event.workerId}`;
  switch (event.kind) {
    case 'worker-started':
      return { level: 'debug', text: `${thread} is ready after ${milliseconds(event.startMs)}` };
    case 'worker-interrupted':
      return { level: 'debug', text: `${thread} was interrupted: its policy ran too long` };
    case 'worker-killed':
      return { level: 'debug', text: `${thread} is ended: ${event.reason}` };
    case 'worker-stopped':
      return { level: 'debug', text: `${thread} ended: ${oneLine(event.reason)}` };
    case 'worker-stuck':
      return { level: 'warn', text: `${thread} was told to stop ${milliseconds(event.waitedMs)} ago and still runs` };
  }
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}
