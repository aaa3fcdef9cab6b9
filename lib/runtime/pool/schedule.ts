// Which job runs on which thread, and which threads there are: a pure machine. pool.ts performs its commands.
import { isExpired, type Deadline } from '../../deadline.js';

/** A job as far as scheduling is concerned. */
export interface ScheduledJob {
  readonly id: number;
  /** After this point nobody wants the answer; the wait in the queue counts. */
  readonly deadline: Deadline;
}

/** What a thread is doing. A stopping one is on its way out and counts for nothing but the number of threads. */
export type Slot = { readonly kind: 'starting' } | { readonly kind: 'idle' } | { readonly kind: 'running'; readonly job: number } | { readonly kind: 'stopping' };

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

/** Threads that fail to start in a row before the pool gives up: a broken installation must not spin. */
const maxFailedStarts = 3;
/** Stopping threads tolerated per worker: a guest that cannot be stopped must not breed threads without end. */
const stoppingPerWorker = 2;

export const emptyPool: PoolState = { slots: new Map(), queue: [], nextSlot: 1, failedStarts: 0, closing: false };

/** Takes the pool from one state to the next. */
export function schedule(state: PoolState, event: PoolEvent, limits: PoolLimits, nowMs: number): Step {
  const [moved, commands] = react(state, event);
  const [dispatched, assignments] = dispatch(moved, limits, nowMs);
  const [staffed, starts] = staff(dispatched, limits);
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
      return [{ ...withSlot(state, event.slot, { kind: 'idle' }), failedStarts: 0 }, []];
    case 'finished':
      return [state.slots.get(event.slot)?.kind === 'running' ? withSlot(state, event.slot, { kind: 'idle' }) : state, []];
    case 'overran':
      return overran(state, event.job);
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
    if (slot.kind !== 'stopping') commands.push({ kind: 'stop', slot: number });
    if (slot.kind === 'running') commands.push({ kind: 'settle', job: slot.job, ending: 'closed' });
    slots.set(number, { kind: 'stopping' });
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

/** Keeps as many threads as wanted, unless starting them keeps failing. */
function staff(state: PoolState, { workers, spares }: PoolLimits): Step {
  if (state.closing) return [state, []];
  if (state.failedStarts >= maxFailedStarts) {
    const commands = state.queue.map(({ id }): PoolCommand => ({ kind: 'settle', job: id, ending: 'unavailable' }));
    return [{ ...state, queue: [] }, commands];
  }
  const useful = [...state.slots.values()].filter((slot) => slot.kind !== 'stopping').length;
  const room = workers + spares + stoppingPerWorker * workers - state.slots.size;
  const missing = Math.max(0, Math.min(workers + spares - useful, room));
  if (missing === 0) return [state, []];
  const slots = new Map(state.slots);
  const commands: PoolCommand[] = [];
  for (let number = state.nextSlot; number < state.nextSlot + missing; number += 1) {
    slots.set(number, { kind: 'starting' });
    commands.push({ kind: 'start', slot: number });
  }
  return [{ ...state, slots, nextSlot: state.nextSlot + missing }, commands];
}

/** Refuses what came last when more waits than may wait. */
function bound(state: PoolState, limits: PoolLimits): Step {
  if (state.queue.length <= limits.queue) return [state, []];
  const refused = state.queue.slice(limits.queue);
  return [{ ...state, queue: state.queue.slice(0, limits.queue) }, refused.map(({ id }) => ({ kind: 'settle', job: id, ending: 'saturated' }))];
}

function withSlot(state: PoolState, number: number, slot: Slot): PoolState {
  return { ...state, slots: new Map(state.slots).set(number, slot) };
}
