// The threads of a pool: what each is doing, how many count as busy, which one is best for a job, how many to start.
import type { ScheduledJob } from './waiting-jobs.js';

interface Thread {
  readonly number: number;
  /** Sandboxes it has run, the last one first: their instances are probably still warm. */
  readonly warm: readonly number[];
}

/**
 * What a thread is doing.
 *
 * - `interrupted`: its job has overrun and is settled; the guest was made to trap and is not yet out.
 * - `mending`: its job is done; it builds a new instance before it takes the next.
 * - `stopping`, `stuck`: on its way out; told to stop long ago and still there. Both count for nothing but the number of threads.
 */
export type Slot =
  | (Thread & { readonly kind: 'running'; readonly job: ScheduledJob; readonly isParked: boolean })
  | (Thread & { readonly kind: 'starting' | 'idle' | 'interrupted' | 'mending' | 'stopping' | 'stuck' });

export interface PoolLimits {
  /** Jobs that may use a processor at once. */
  readonly workers: number;
  /** Threads kept ready beyond that, so that killing one costs no start-up time on the request path. */
  readonly spares: number;
  /** Jobs that wait for their host and do not count as busy, each with a thread more. */
  readonly parked: number;
  /** Jobs that may wait. */
  readonly queue: number;
}

/** Threads that fail to start in a row before only a new job makes the pool try again: a broken installation must not spin. */
export const maxFailedStarts = 3;
/** Stopping and stuck threads tolerated per worker: a guest that cannot be stopped must not breed threads without end. */
export const lostPerWorker = 2;

/** The thread doing something else. */
export function became({ number, warm }: Slot, kind: Exclude<Slot['kind'], 'running'>): Slot {
  return { kind, number, warm };
}

/** Tells whether a thread is on its way out. */
export function isLost({ kind }: Slot): boolean {
  return kind === 'stopping' || kind === 'stuck';
}

/** Jobs that use a processor: all that run but those that wait for their host, as far as these may be passed over. */
export function busyThreads(slots: readonly Slot[], { parked }: PoolLimits): number {
  const running = slots.filter(({ kind }) => kind === 'running').length;
  return running - Math.min(parkedThreads(slots), parked);
}

function parkedThreads(slots: readonly Slot[]): number {
  return slots.filter((slot) => slot.kind === 'running' && slot.isParked).length;
}

/** The idle thread that ran that sandbox last; else the one that has run the fewest, so that warm instances spread. */
export function freeThread(slots: readonly Slot[], sandbox: number): Slot | undefined {
  const idle = slots.filter(({ kind }) => kind === 'idle');
  let best = idle[0];
  for (const slot of idle) if (best !== undefined && better(slot, best, sandbox)) best = slot;
  return best;
}

function better(slot: Slot, best: Slot, sandbox: number): boolean {
  const [age, bestAge] = [slot.warm.indexOf(sandbox), best.warm.indexOf(sandbox)];
  if (age === -1) return bestAge === -1 && slot.warm.length < best.warm.length;
  return bestAge === -1 || age < bestAge;
}

/** New threads with consecutive numbers. */
export function startedSlots(first: number, count: number): readonly Slot[] {
  return Array.from({ length: count }, (_, index) => ({ kind: 'starting', number: first + index, warm: [] }));
}

/**
 * How many threads to start now.
 *
 * @param mayProbe whether it is worth a try although starts have failed
 */
export function threadsToStart(slots: readonly Slot[], limits: PoolLimits, failedStarts: number, mayProbe: boolean): number {
  const { workers, spares, parked } = limits;
  const useful = slots.filter((slot) => !isLost(slot)).length;
  const wanted = workers + spares + Math.min(parkedThreads(slots), parked);
  const room = workers + spares + parked + lostPerWorker * workers - slots.length;
  return Math.max(0, Math.min(wanted - useful, room, allowedStarts(slots, failedStarts, mayProbe)));
}

/** While starts keep failing, few are tried; after too many, one at a time and only for a new job. */
function allowedStarts(slots: readonly Slot[], failedStarts: number, mayProbe: boolean): number {
  if (failedStarts === 0) return Number.POSITIVE_INFINITY;
  if (failedStarts < maxFailedStarts) return maxFailedStarts - failedStarts;
  return mayProbe && !slots.some(({ kind }) => kind === 'starting') ? 1 : 0;
}
