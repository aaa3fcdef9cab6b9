// Policies brought up for one command: loaded, with settings that they accept.
import { createRuntime, Fault, isFault, type Capability, type EventSink, type Runtime } from 'wasmwarden';

import { lineOfEvent } from './event-lines.js';
import type { Output } from './output.js';
import type { PlannedPolicy } from './policy-plan.js';
import { oneLine } from './terminal-text.js';

/**
 * A runtime for one command: policies run one after the other.
 *
 * @param timeoutMs how long a policy may run per call; `Infinity` for no limit
 * @param capabilities what policies may call beside what every runtime offers
 */
export function createCommandRuntime(timeoutMs: number, onEvent: EventSink, capabilities: readonly Capability[] = []): Runtime {
  return createRuntime({ workers: 1, spareWorkers: 0, capabilities, policyTimeoutMs: Number.isFinite(timeoutMs) ? timeoutMs : null, onEvent });
}

/** Writes events as log lines. */
export function logTo(output: Output): EventSink {
  return (event) => {
    const { level, text } = lineOfEvent(event);
    output.log(level, text);
  };
}

/**
 * Loads a policy and has it check its settings.
 *
 * @throws {Fault} why it cannot be loaded or brought up; `SETTINGS_REFUSED` with the policy's own words
 */
export async function bringUp(runtime: Runtime, { id, uri, manifestName, input }: PlannedPolicy): Promise<void> {
  const attempted = `Cannot run the policy ${manifestName === undefined ? `'${uri}'` : `'${manifestName}' (${uri})`}: `;
  const loaded = (await runtime.load({ [id]: input })).get(id);
  if (loaded?.kind === 'unusable') throw loadFault(loaded.fault, attempted);
  const verdict = await runtime.validateSettings(id);
  if (verdict.valid) return;
  // The reference's words alone, unless the user would not know whose settings they are about.
  const begin = manifestName === undefined ? '' : attempted;
  throw new Fault('SETTINGS_REFUSED', `${begin}Provided settings are not valid: ${oneLine(verdict.message ?? 'no message')}`);
}

function loadFault(fault: Fault, attempted: string): Fault {
  if (isFault(fault, 'CAPABILITY_PATTERN_INVALID')) return new Fault(fault.code, `Invalid host capabilities pattern: ${fault.message}`, { cause: fault });
  return new Fault(fault.code, `${attempted}${fault.message}`, { cause: fault });
}
