// Which job runs on which thread, and which threads there are: a pure machine. pool.ts performs its commands; who waits
// and whose turn it is, is kept by waiting-jobs.ts.
import { isExpired } from '../../deadline.js';

import { became, busyThreads, freeThread, isLost, startedSlots, threadsToStart, type PoolLimits, type Slot } from './slots.js';
import { excessJob, nobodyWaits, takeNext, waitingJobs, withJob, withoutJob, type ScheduledJob, type WaitingJobs } from './waiting-jobs.js';

export interface PoolState {
  readonly slots: readonly Slot[];
  readonly waiting: WaitingJobs;
  readonly nextSlot: number;
  /** Threads that ended before they were ready, since the last one that became ready. */
  readonly failedStarts: number;
  readonly closing: boolean;
}

export type PoolEvent =
  | { readonly kind: 'opened' }
  | { readonly kind: 'submitted'; readonly job: ScheduledJob }
  /** The thread is ready for its first job. */
  | { readonly kind: 'started'; readonly slot: number }
  /** The job is done; a thread that mends its sandbox takes the next one only when it has `mended`. */
  | { readonly kind: 'finished'; readonly slot: number; readonly isMending: boolean }
  | { readonly kind: 'mended'; readonly slot: number }
  /** The guest waits for its host and uses no processor meanwhile; or it waits no more. */
  | { readonly kind: 'parked'; readonly job: number; readonly isParked: boolean }
  /** The job must not go on: its deadline passed, or it used up its execution limit. */
  | { readonly kind: 'overran'; readonly job: number; readonly canInterrupt: boolean }
  /** The thread is neither done with what was interrupted nor with mending, and had time enough for it. */
  | { readonly kind: 'overdue'; readonly slot: number }
  /** The thread was told to stop and has taken too long over it; it may still go. */
  | { readonly kind: 'stuck'; readonly slot: number }
  /** The thread is gone, asked to or not. */
  | { readonly kind: 'stopped'; readonly slot: number }
  | { readonly kind: 'closed' };

/** Why a job ends without an outcome of its own. */
export type Ending = 'saturated' | 'expired-waiting' | 'overran' | 'lost' | 'unavailable' | 'closed';

export type PoolCommand =
  | { readonly kind: 'start'; readonly slot: number }
  /** Makes the guest trap where it is; `finished` follows, or after a while `overdue`. */
  | { readonly kind: 'interrupt'; readonly slot: number }
  | { readonly kind: 'stop'; readonly slot: number }
  | { readonly kind: 'assign'; readonly slot: number; readonly job: number }
  | { readonly kind: 'settle'; readonly job: number; readonly ending: Ending };

type Step = readonly [PoolState, readonly PoolCommand[]];

const nothing: readonly PoolCommand[] = [];

export const emptyPool: PoolState = { slots: [], waiting: nobodyWaits, nextSlot: 1, failedStarts: 0, closing: false };

/** Takes the pool from one state to the next. */
export function schedule(state: PoolState, event: PoolEvent, limits: PoolLimits, nowMs: number): Step {
  const [reacted, commands] = react(state, event, nowMs);
  const [dispatched, assignments] = dispatch(reacted, limits, nowMs);
  const [staffed, starts] = staff(dispatched, limits, event.kind === 'submitted');
  const [bounded, refusals] = bound(staffed, limits);
  return [bounded, [...commands, ...assignments, ...starts, ...refusals]];
}

function react(state: PoolState, event: PoolEvent, nowMs: number): Step {
  switch (event.kind) {
    case 'opened':
      return [state, nothing];
    case 'submitted':
      return submitted(state, event.job, nowMs);
    case 'started':
    case 'finished':
    case 'mended':
    case 'stuck':
      return [reported(state, event), nothing];
    case 'parked':
      return [parked(state, event.job, event.isParked), nothing];
    case 'overran':
      return overran(state, event.job, event.canInterrupt);
    case 'overdue':
      return overdue(state, event.slot);
    case 'stopped':
      return stopped(state, event.slot);
    case 'closed':
      return closed(state);
  }
}

function submitted(state: PoolState, job: ScheduledJob, nowMs: number): Step {
  if (state.closing) return [state, [{ kind: 'settle', job: job.id, ending: 'closed' }]];
  if (isExpired(job.deadline, nowMs)) return [state, [{ kind: 'settle', job: job.id, ending: 'expired-waiting' }]];
  return [{ ...state, waiting: withJob(state.waiting, job) }, nothing];
}

/** What a thread says of itself, where that fits what is known of it. */
function reported(state: PoolState, event: Extract<PoolEvent, { kind: 'started' | 'finished' | 'mended' | 'stuck' }>): PoolState {
  const from = { started: ['starting'], finished: ['running', 'interrupted'], mended: ['mending'], stuck: ['stopping'] }[event.kind];
  const to = event.kind === 'stuck' ? 'stuck' : event.kind === 'finished' && event.isMending ? 'mending' : 'idle';
  const next = moved(state, event.slot, (slot) => (from.includes(slot.kind) ? became(slot, to) : slot));
  return event.kind === 'started' ? { ...next, failedStarts: 0 } : next;
}

function parked(state: PoolState, job: number, isParked: boolean): PoolState {
  return { ...state, slots: state.slots.map((slot) => (slot.kind === 'running' && slot.job.id === job ? { ...slot, isParked } : slot)) };
}

function overran(state: PoolState, job: number, canInterrupt: boolean): Step {
  const slot = state.slots.find((one) => one.kind === 'running' && one.job.id === job);
  if (slot !== undefined) {
    const next = moved(state, slot.number, (one) => became(one, canInterrupt ? 'interrupted' : 'stopping'));
    return [next, [{ kind: canInterrupt ? 'interrupt' : 'stop', slot: slot.number }, { kind: 'settle', job, ending: 'overran' }]];
  }
  const waiting = withoutJob(state.waiting, job);
  return waiting === state.waiting ? [state, nothing] : [{ ...state, waiting }, [{ kind: 'settle', job, ending: 'expired-waiting' }]];
}

function overdue(state: PoolState, number: number): Step {
  const slot = state.slots.find((one) => one.number === number);
  if (slot?.kind !== 'interrupted' && slot?.kind !== 'mending') return [state, nothing];
  return [moved(state, number, (one) => became(one, 'stopping')), [{ kind: 'stop', slot: number }]];
}

function stopped(state: PoolState, number: number): Step {
  const slot = state.slots.find((one) => one.number === number);
  const without = { ...state, slots: state.slots.filter((one) => one !== slot) };
  if (slot?.kind === 'running') return [without, [{ kind: 'settle', job: slot.job.id, ending: 'lost' }]];
  if (slot?.kind === 'starting' && !state.closing) return [{ ...without, failedStarts: state.failedStarts + 1 }, nothing];
  return [without, nothing];
}

function closed(state: PoolState): Step {
  const commands: PoolCommand[] = waitingJobs(state.waiting).map(({ id }) => ({ kind: 'settle', job: id, ending: 'closed' }));
  for (const slot of state.slots) {
    if (!isLost(slot)) commands.push({ kind: 'stop', slot: slot.number });
    if (slot.kind === 'running') commands.push({ kind: 'settle', job: slot.job.id, ending: 'closed' });
  }
  const slots = state.slots.map((slot) => (isLost(slot) ? slot : became(slot, 'stopping')));
  return [{ ...state, slots, waiting: nobodyWaits, closing: true }, commands];
}

/** Gives waiting jobs to idle threads, at most `workers` at once; a job whose time has passed is not begun. */
function dispatch(state: PoolState, limits: PoolLimits, nowMs: number): Step {
  if (state.waiting.size === 0) return [state, nothing];
  const commands: PoolCommand[] = [];
  let { slots, waiting } = state;
  while (busyThreads(slots, limits) < limits.workers && slots.some(({ kind }) => kind === 'idle')) {
    const taken = takeNext(waiting, (job) => job.maxConcurrent === Number.POSITIVE_INFINITY || runningOf(slots, job.policy) < job.maxConcurrent);
    if (taken === undefined) break;
    const [job, rest] = taken;
    waiting = rest;
    const slot = isExpired(job.deadline, nowMs) ? undefined : freeThread(slots, job.sandbox);
    if (slot === undefined) commands.push({ kind: 'settle', job: job.id, ending: 'expired-waiting' });
    else {
      slots = slots.map((one) => (one === slot ? { kind: 'running', number: slot.number, warm: warmed(slot.warm, job.sandbox), job, isParked: false } : one));
      commands.push({ kind: 'assign', slot: slot.number, job: job.id });
    }
  }
  return [{ ...state, slots, waiting }, commands];
}

/** How many sandboxes a thread is remembered for. */
const maxWarm = 16;

/** The last sandboxes of a thread, the last one first; mostly it is the same again. */
function warmed(warm: readonly number[], sandbox: number): readonly number[] {
  return warm[0] === sandbox ? warm : [sandbox, ...warm.filter((other) => other !== sandbox)].slice(0, maxWarm);
}

function runningOf(slots: readonly Slot[], policy: string): number {
  return slots.filter((slot) => slot.kind === 'running' && slot.job.policy === policy).length;
}

/** Keeps as many threads as wanted; when there is none and none can be had, nobody waits for one. */
function staff(state: PoolState, limits: PoolLimits, mayProbe: boolean): Step {
  if (state.closing) return [state, nothing];
  const count = threadsToStart(state.slots, limits, state.failedStarts, mayProbe);
  if (count > 0) {
    const slots = startedSlots(state.nextSlot, count);
    return [{ ...state, slots: [...state.slots, ...slots], nextSlot: state.nextSlot + count }, slots.map(({ number }) => ({ kind: 'start', slot: number }))];
  }
  // A stopping thread makes room when it is gone, or is found to be stuck.
  if (state.waiting.size === 0 || state.slots.some(({ kind }) => kind !== 'stuck')) return [state, nothing];
  return [{ ...state, waiting: nobodyWaits }, waitingJobs(state.waiting).map(({ id }) => ({ kind: 'settle', job: id, ending: 'unavailable' }))];
}

/** Refuses a job when more wait than may wait: of the policy that has the most. */
function bound(state: PoolState, limits: PoolLimits): Step {
  const excess = state.waiting.size > limits.queue ? excessJob(state.waiting) : undefined;
  if (excess === undefined) return [state, nothing];
  return [{ ...state, waiting: withoutJob(state.waiting, excess.id) }, [{ kind: 'settle', job: excess.id, ending: 'saturated' }]];
}

/** The state with that slot changed; without it, the state as it is: threads report while they are being ended. */
function moved(state: PoolState, number: number, change: (slot: Slot) => Slot): PoolState {
  return { ...state, slots: state.slots.map((slot) => (slot.number === number ? change(slot) : slot)) };
}
