// `tracing/log`: a policy's own log lines as events. Never gated and always answered, so that logging cannot fail a policy.

import { z } from 'zod';

import type { GuestLogged, LogLevel } from '../events.js';
import { decodeText } from '../json/decode.js';
import { formatLossless, isMap, parseLossless } from '../json/lossless.js';
import type { CallContext } from './capability.js';
import { readJson, readRequest } from './request.js';

/** 256 KiB: a log line that is larger is an attack on the log and not a message. */
export const maxLogBytes = 256 * 1024;

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error' } as const satisfies Record<string, LogLevel>;
const levelNames = ['TRACE', 'DEBUG', 'INFO', 'WARNING', 'ERROR'] as const satisfies readonly (keyof typeof levels)[];

const logLine = z.object({
  level: z.string().toUpperCase().pipe(z.enum(levelNames)),
  message: z.string().nullish(),
});

/**
 * Turns the payload of a `tracing/log` call into a `guest-logged` event.
 *
 * Shape: `{"level": "TRACE"|"DEBUG"|"INFO"|"WARNING"|"ERROR" in any case, "message"?: string, ...data}`.
 * A payload that is none is reported as `capability-failed`; the guest never learns of it.
 */
export function logForGuest(payload: Uint8Array, context: CallContext): void {
  const line = readLogLine(payload, context.policyId);
  if (line.kind === 'guest-logged') {
    context.emit(line);
  } else {
    context.emit({ kind: 'capability-failed', policyId: context.policyId, capability: 'tracing/log', problem: `Cannot log event: ${line.message}` });
  }
}

function readLogLine(payload: Uint8Array, policyId: string): GuestLogged | { readonly kind: 'unreadable'; readonly message: string } {
  if (payload.byteLength > maxLogBytes) return { kind: 'unreadable', message: `the payload of ${payload.byteLength} bytes exceeds ${maxLogBytes} bytes` };
  const document = readJson(() => parseLossless(decodeText(payload)));
  if (document.kind === 'unreadable') return document;
  if (!isMap(document.value)) return { kind: 'unreadable', message: 'the payload is not an object' };
  const line = readRequest(logLine, { level: document.value.get('level'), message: document.value.get('message') });
  if (line.kind === 'unreadable') return line;
  const data = new Map([...document.value].filter(([key]) => key !== 'level' && key !== 'message'));
  return { kind: 'guest-logged', policyId, source: 'tracing', level: levels[line.value.level], message: line.value.message ?? '', data: formatLossless(data) };
}
