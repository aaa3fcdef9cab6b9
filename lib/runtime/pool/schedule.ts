// Which job runs on which thread, and which threads there are: a pure machine. pool.ts performs its commands.
import { isExpired, type Deadline } from '../../deadline.js';

/** A job as far as scheduling is concerned. */
export interface ScheduledJob {
  readonly id: number;
  /** After this point nobody wants the answer; the wait in the queue counts. */
  readonly deadline: Deadline;
}

/**
 * What a thread is doing. A stopping one is on its way out, a stuck one was told to stop long ago and did not: both
 * count for nothing but the number of threads.
 */
export type Slot =
  | { readonly kind: 'starting' }
  | { readonly kind: 'idle' }
  | { readonly kind: 'running'; readonly job: number }
  | { readonly kind: 'stopping' }
  | { readonly kind: 'stuck' };

export interface PoolState {
  readonly slots: ReadonlyMap<number, Slot>;
  /** First in, first out. */
  readonly queue: readonly ScheduledJob[];
  readonly nextSlot: number;
  /** Threads that ended before they were ready, since the last one that became ready. */
  readonly failedStarts: number;
  readonly closing: boolean;
}

export interface PoolLimits {
  /** Jobs that may run at once. */
  readonly workers: number;
  /** Threads kept ready beyond that, so that killing one costs no start-up time on the request path. */
  readonly spares: number;
  /** Jobs that may wait. */
  readonly queue: number;
}

export type PoolEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'submitted'; readonly job: ScheduledJob }
  /** The thread is ready for its first job. */
  | { readonly kind: 'started'; readonly slot: number }
  | { readonly kind: 'finished'; readonly slot: number }
  /** The job must not go on: its deadline passed, or it used up its execution limit. */
  | { readonly kind: 'overran'; readonly job: number }
  /** The thread was told to stop and has taken too long over it; it may still go. */
  | { readonly kind: 'stuck'; readonly slot: number }
  /** The thread is gone, asked to or not. */
  | { readonly kind: 'stopped'; readonly slot: number }
  | { readonly kind: 'closed' };

/** Why a job ends without an outcome of its own. */
export type Ending = 'saturated' | 'expired-waiting' | 'overran' | 'lost' | 'unavailable' | 'closed';

export type PoolCommand =
  | { readonly kind: 'start'; readonly slot: number }
  | { readonly kind: 'stop'; readonly slot: number }
  | { readonly kind: 'assign'; readonly slot: number; readonly job: number }
  | { readonly kind: 'settle'; readonly job: number; readonly ending: Ending };

type Step = readonly [PoolState, readonly PoolCommand[]];

/** Threads that fail to start in a row before only a new job makes the pool try again: a broken installation must not spin. */
export const maxFailedStarts = 3;
/** Stopping and stuck threads tolerated per worker: a guest that cannot be stopped must not breed threads without end. */
export const lostPerWorker = 2;

export const emptyPool: PoolState = { slots: new Map(), queue: [], nextSlot: 1, failedStarts: 0, closing: false };

/** Takes the pool from one state to the next. */
export function schedule(state: PoolState, event: PoolEvent, limits: PoolLimits, nowMs: number): Step {
  const [reacted, commands] = react(state, event);
  const [dispatched, assignments] = dispatch(reacted, limits, nowMs);
  const [staffed, starts] = staff(dispatched, limits, event.kind === 'submitted');
  const [bounded, refusals] = bound(staffed, limits);
  return [bounded, [...commands, ...assignments, ...starts, ...refusals]];
}

function react(state: PoolState, event: PoolEvent): Step {
  switch (event.kind) {
    case 'opened':
      return [state, []];
    case 'submitted':
      if (state.closing) return [state, [{ kind: 'settle', job: event.job.id, ending: 'closed' }]];
      return [{ ...state, queue: [...state.queue, event.job] }, []];
    case 'started':
      return [{ ...moved(state, event.slot, 'starting', { kind: 'idle' }), failedStarts: 0 }, []];
    case 'finished':
      return [moved(state, event.slot, 'running', { kind: 'idle' }), []];
    case 'overran':
      return overran(state, event.job);
    case 'stuck':
      return [moved(state, event.slot, 'stopping', { kind: 'stuck' }), []];
    case 'stopped':
      return stopped(state, event.slot);
    case 'closed':
      return closed(state);
  }
}

function overran(state: PoolState, job: number): Step {
  const running = [...state.slots].find(([, slot]) => slot.kind === 'running' && slot.job === job);
  if (running !== undefined) {
    const [slot] = running;
    return [withSlot(state, slot, { kind: 'stopping' }), [{ kind: 'stop', slot }, { kind: 'settle', job, ending: 'overran' }]];
  }
  if (!state.queue.some((queued) => queued.id === job)) return [state, []];
  return [{ ...state, queue: state.queue.filter((queued) => queued.id !== job) }, [{ kind: 'settle', job, ending: 'expired-waiting' }]];
}

function stopped(state: PoolState, number: number): Step {
  const slot = state.slots.get(number);
  const slots = new Map(state.slots);
  slots.delete(number);
  const without = { ...state, slots };
  if (slot?.kind === 'running') return [without, [{ kind: 'settle', job: slot.job, ending: 'lost' }]];
  if (slot?.kind === 'starting' && !state.closing) return [{ ...without, failedStarts: state.failedStarts + 1 }, []];
  return [without, []];
}

function closed(state: PoolState): Step {
  const commands: PoolCommand[] = state.queue.map(({ id }) => ({ kind: 'settle', job: id, ending: 'closed' }));
  const slots = new Map<number, Slot>();
  for (const [number, slot] of state.slots) {
    if (!isLost(slot)) commands.push({ kind: 'stop', slot: number });
    if (slot.kind === 'running') commands.push({ kind: 'settle', job: slot.job, ending: 'closed' });
    slots.set(number, isLost(slot) ? slot : { kind: 'stopping' });
  }
  return [{ ...state, slots, queue: [], closing: true }, commands];
}

/** Gives waiting jobs to idle threads, at most `workers` at once; a job whose time has passed is not begun. */
function dispatch(state: PoolState, limits: PoolLimits, nowMs: number): Step {
  if (state.queue.length === 0) return [state, []];
  const commands: PoolCommand[] = [];
  const slots = new Map(state.slots);
  const idle = [...slots].filter(([, slot]) => slot.kind === 'idle').map(([number]) => number);
  let free = limits.workers - [...slots.values()].filter((slot) => slot.kind === 'running').length;
  const waiting: ScheduledJob[] = [];
  for (const job of state.queue) {
    const slot = free > 0 ? idle[0] : undefined;
    if (isExpired(job.deadline, nowMs)) commands.push({ kind: 'settle', job: job.id, ending: 'expired-waiting' });
    else if (slot === undefined) waiting.push(job);
    else {
      idle.shift();
      free -= 1;
      slots.set(slot, { kind: 'running', job: job.id });
      commands.push({ kind: 'assign', slot, job: job.id });
    }
  }
  return [{ ...state, slots, queue: waiting }, commands];
}

/** Keeps as many threads as wanted; when there is none and none can be had, nobody waits for one. */
function staff(state: PoolState, limits: PoolLimits, mayProbe: boolean): Step {
  if (state.closing) return [state, []];
  const missing = missingThreads(state, limits, mayProbe);
  if (missing > 0) return started(state, missing);
  // A stopping thread makes room when it is gone, or is found to be stuck.
  const isHopeless = [...state.slots.values()].every((slot) => slot.kind === 'stuck');
  if (!isHopeless) return [state, []];
  return [{ ...state, queue: [] }, state.queue.map(({ id }) => ({ kind: 'settle', job: id, ending: 'unavailable' }))];
}

/** How many threads to start now. */
function missingThreads(state: PoolState, { workers, spares }: PoolLimits, mayProbe: boolean): number {
  const slots = [...state.slots.values()];
  const useful = slots.filter((slot) => !isLost(slot)).length;
  const room = workers + spares + lostPerWorker * workers - slots.length;
  return Math.max(0, Math.min(workers + spares - useful, room, allowedStarts(state, mayProbe)));
}

/** While starts keep failing, few are tried; after too many, one at a time and only for a new job. */
function allowedStarts({ failedStarts, slots }: PoolState, mayProbe: boolean): number {
  if (failedStarts === 0) return Number.POSITIVE_INFINITY;
  if (failedStarts < maxFailedStarts) return maxFailedStarts - failedStarts;
  const isTrying = [...slots.values()].some((slot) => slot.kind === 'starting');
  return mayProbe && !isTrying ? 1 : 0;
}

function started(state: PoolState, count: number): Step {
  const slots = new Map(state.slots);
  const commands: PoolCommand[] = [];
  for (let number = state.nextSlot; number < state.nextSlot + count; number += 1) {
    slots.set(number, { kind: 'starting' });
    commands.push({ kind: 'start', slot: number });
  }
  return [{ ...state, slots, nextSlot: state.nextSlot + count }, commands];
}

/** Refuses what came last when more waits than may wait. */
function bound(state: PoolState, limits: PoolLimits): Step {
  if (state.queue.length <= limits.queue) return [state, []];
  const refused = state.queue.slice(limits.queue);
  return [{ ...state, queue: state.queue.slice(0, limits.queue) }, refused.map(({ id }) => ({ kind: 'settle', job: id, ending: 'saturated' }))];
}

function isLost(slot: Slot): boolean {
  return slot.kind === 'stopping' || slot.kind === 'stuck';
}

/** The state with that slot moved on, unless it is not where the event took it to be: threads report while they are being ended. */
function moved(state: PoolState, number: number, from: Slot['kind'], to: Slot): PoolState {
  return state.slots.get(number)?.kind === from ? withSlot(state, number, to) : state;
}

function withSlot(state: PoolState, number: number, slot: Slot): PoolState {
  return { ...state, slots: new Map(state.slots).set(number, slot) };
}
