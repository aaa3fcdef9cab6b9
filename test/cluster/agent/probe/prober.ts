// Runs the three probes of a running container and tells what they decide.

import { setTimeout as delay } from 'node:timers/promises';
import type { Probe } from '../../api/objects.js';
import { tryAction, type ProbeTarget } from './probe-action.js';

/** What the probes decide. */
export interface ProberEvents {
  /** The startup probe succeeded, or there is none. */
  readonly onStarted: () => void;
  readonly onReady: (ready: boolean) => void;
  /** Liveness or startup failed often enough: the container has to be restarted. */
  readonly onDead: (which: 'Liveness' | 'Startup', message: string) => void;
  readonly onFailure: (which: 'Liveness' | 'Startup' | 'Readiness', message: string) => void;
}

/**
 * Time between tries until a container first succeeds, at most, in milliseconds. A kubelet waits the whole period; tests
 * would wait ten seconds for every server that needs one to listen. Such early failures do not count.
 */
const EAGER_MS = 200;

/** Probes a container until the signal aborts. */
export async function runProbes(target: ProbeTarget, events: ProberEvents, signal: AbortSignal): Promise<void> {
  const { startupProbe, readinessProbe, livenessProbe } = target.container;
  const began = Date.now();
  if (startupProbe !== undefined) {
    const started = await untilStarted(startupProbe, target, events, signal);
    if (!started) return;
  }
  events.onStarted();
  if (readinessProbe === undefined) events.onReady(true);
  await Promise.all([
    readinessProbe === undefined ? undefined : watchReadiness(readinessProbe, { target, began }, events, signal),
    livenessProbe === undefined ? undefined : watchLiveness(livenessProbe, { target, began }, events, signal),
  ]);
}

/** Whether the startup probe succeeded before its failures ran out. */
async function untilStarted(probe: Probe, target: ProbeTarget, events: ProberEvents, signal: AbortSignal): Promise<boolean> {
  const allowedMs = periodMs(probe) * (probe.failureThreshold ?? 3);
  await pause((probe.initialDelaySeconds ?? 0) * 1000, signal);
  const deadline = Date.now() + allowedMs;
  let message = '';
  while (!signal.aborted) {
    const result = await tryAction(probe, target, timeoutMs(probe));
    if (result.succeeded) return true;
    message = result.message;
    if (Date.now() >= deadline) break;
    await pause(Math.min(EAGER_MS, periodMs(probe)), signal);
  }
  if (!signal.aborted) events.onDead('Startup', message);
  return false;
}

async function watchReadiness(probe: Probe, { target, began }: { target: ProbeTarget; began: number }, events: ProberEvents, signal: AbortSignal): Promise<void> {
  await pause((probe.initialDelaySeconds ?? 0) * 1000 - (Date.now() - began), signal);
  const count = new Streak(probe);
  let everReady = false;
  while (!signal.aborted) {
    const result = await tryAction(probe, target, timeoutMs(probe));
    if (isOver(signal)) return;
    const verdict = count.add(result.succeeded);
    if (verdict !== undefined) events.onReady(verdict);
    everReady ||= verdict === true;
    if (!result.succeeded && everReady) events.onFailure('Readiness', result.message);
    await pause(everReady ? periodMs(probe) : Math.min(EAGER_MS, periodMs(probe)), signal);
  }
}

async function watchLiveness(probe: Probe, { target, began }: { target: ProbeTarget; began: number }, events: ProberEvents, signal: AbortSignal): Promise<void> {
  await pause((probe.initialDelaySeconds ?? 0) * 1000 - (Date.now() - began), signal);
  const count = new Streak(probe);
  while (!signal.aborted) {
    const result = await tryAction(probe, target, timeoutMs(probe));
    if (isOver(signal)) return;
    if (!result.succeeded) events.onFailure('Liveness', result.message);
    if (count.add(result.succeeded) === false) {
      events.onDead('Liveness', result.message);
      return;
    }
    await pause(periodMs(probe), signal);
  }
}

/** Counts like results in a row against the probe's thresholds. */
class Streak {
  readonly #probe: Probe;
  #last: boolean | undefined;
  #length = 0;

  constructor(probe: Probe) {
    this.#probe = probe;
  }

  /** The verdict once a threshold is reached, undefined before. */
  add(succeeded: boolean): boolean | undefined {
    this.#length = this.#last === succeeded ? this.#length + 1 : 1;
    this.#last = succeeded;
    const threshold = succeeded ? (this.#probe.successThreshold ?? 1) : (this.#probe.failureThreshold ?? 3);
    return this.#length >= threshold ? succeeded : undefined;
  }
}

/** A call, so that the compiler does not take a loop's condition for still true after a wait. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

function periodMs(probe: Probe): number {
  return (probe.periodSeconds ?? 10) * 1000;
}

function timeoutMs(probe: Probe): number {
  return (probe.timeoutSeconds ?? 1) * 1000;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await delay(ms, undefined, { signal }).catch(() => undefined);
}
