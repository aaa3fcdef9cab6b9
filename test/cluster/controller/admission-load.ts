// A steady load of admissions, each with its answer: bad Pods, good Pods, nothing stored.

import { ApiError } from '../api/client.js';
import type { ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { pod } from './bench.js';

/** What became of an admission. */
export interface Admission {
  readonly privileged: boolean;
  /** When it was asked for, on the clock of `performance.now()`. */
  readonly askedMs: number;
  readonly answer: { readonly kind: 'admitted'; readonly labels: Readonly<Record<string, string>> } | { readonly kind: 'refused'; readonly message: string };
}

/** A load that is under way. */
export interface AdmissionLoad {
  /** All admissions answered so far. */
  readonly answered: readonly Admission[];
  /** Settles when so many more have been asked for from now on and answered. */
  more(count: number): Promise<readonly Admission[]>;
  stop(): Promise<readonly Admission[]>;
}

/** Askers at once: enough that some request is under way at any time. */
const askers = 3;

/** Starts to ask. */
export function startLoad(cluster: Cluster): AdmissionLoad {
  const answered: Admission[] = [];
  const waiting = new Set<() => void>();
  let going = true;
  const work = Array.from({ length: askers }, async () => {
    for (let turn = 0; going; turn += 1) {
      answered.push(await ask(cluster, turn % 2 === 0));
      for (const look of waiting) look();
    }
  });
  return {
    answered,
    more: (count) =>
      new Promise((resolve) => {
        const sinceMs = performance.now();
        const look = (): void => {
          const later = answered.filter(({ askedMs }) => askedMs >= sinceMs);
          if (later.length < count) return;
          waiting.delete(look);
          resolve(later);
        };
        waiting.add(look);
      }),
    stop: async () => {
      going = false;
      await Promise.all(work);
      return answered;
    },
  };
}

async function ask(cluster: Cluster, privileged: boolean): Promise<Admission> {
  const askedMs = performance.now();
  try {
    const { metadata } = await cluster.client.create<ApiObject>('/api/v1/namespaces/default/pods?dryRun=All', pod('asked', { privileged }));
    return { privileged, askedMs, answer: { kind: 'admitted', labels: metadata.labels ?? {} } };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { privileged, askedMs, answer: { kind: 'refused', message: error.message } };
  }
}

/** Admissions of bad Pods that were let through. */
export function unprotected(admissions: readonly Admission[]): readonly Admission[] {
  return admissions.filter(({ privileged, answer }) => privileged && answer.kind === 'admitted');
}

/** Admissions that were not judged by a policy: refused for another reason than the policy's. */
export function failed(admissions: readonly Admission[], verdict: RegExp): readonly Admission[] {
  return admissions.filter(({ privileged, answer }) => answer.kind === 'refused' && !(privileged && verdict.test(answer.message)));
}
