// What a reconcile came to, and how its steps are carried out.
import { isFault, messageOf } from 'wasmwarden';
import { retryAfterOf } from 'wasmwarden/kubernetes';

import type { Action } from '../plan/actions.js';
import type { Plan } from '../plan/plan.js';

/** What a reconcile came to. */
export interface Reconciled {
  /** What failed and is to be tried again. */
  readonly failures: readonly Failure[];
  /** When to look again though nothing happens, in milliseconds. */
  readonly nextMs: number | undefined;
}

/** A step that failed. */
export interface Failure {
  readonly message: string;
  /** Somebody was faster: usual, and over when the cache has caught up. */
  readonly expected: boolean;
  /** The pause that the API server asked for, in milliseconds. */
  readonly retryAfterMs: number | undefined;
}

/** Nothing failed, and nothing is to be looked at again. */
export const settled: Reconciled = { failures: [], nextMs: undefined };

/** Performs actions. */
export interface Performer {
  perform(action: Action): Promise<void>;
}

/** Performs the steps of plans in order; ends at the first that fails, for the others may rest on it. */
export async function carryOut(plans: readonly Plan[], performer: Performer): Promise<readonly Failure[]> {
  for (const plan of plans) {
    if (plan.kind === 'blocked') return [{ message: plan.because, expected: false, retryAfterMs: undefined }];
    for (const action of plan.actions) {
      const failure = await attempt(() => performer.perform(action));
      if (failure !== undefined) return [failure];
    }
  }
  return [];
}

/** Does something and tells why it failed. What is no fault is a bug, and passes. */
export async function attempt(work: () => Promise<void>): Promise<Failure | undefined> {
  const { failures } = await attempted(async () => {
    await work();
    return settled;
  });
  return failures[0];
}

/** A whole reconcile, its faults as failures. What is no fault is a bug, and passes. */
export async function attempted(work: () => Promise<Reconciled>): Promise<Reconciled> {
  try {
    return await work();
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    const expected = isFault(thrown, 'KUBERNETES_CONFLICT', 'KUBERNETES_ALREADY_EXISTS');
    return { failures: [{ message: messageOf(thrown), expected, retryAfterMs: retryAfterOf(thrown) }], nextMs: undefined };
  }
}

/** The soonest of several times; undefined when there is none. */
export function soonest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
