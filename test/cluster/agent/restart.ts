// When a container that ended runs again, and after how long. PURE.

import type { Pod } from '../api/objects.js';

/** Longest back-off between restarts, in milliseconds, as a kubelet's. */
const MAX_BACKOFF_MS = 300_000;

/** A container that ran this long starts its back-off anew, in milliseconds, as a kubelet's. */
const FORGIVEN_AFTER_MS = 600_000;

/** Part a container plays in its Pod. */
export type ContainerRole = 'app' | 'init' | 'sidecar';

/** Whether a container that ended with this code is to run again. */
export function restarts(pod: Pod, role: ContainerRole, exitCode: number): boolean {
  if (role === 'sidecar') return true;
  const policy = pod.spec.restartPolicy ?? 'Always';
  if (role === 'init') return exitCode !== 0 && policy !== 'Never';
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
}

/** The back-off of one container: none before the first restart, then doubling. */
export class RestartBackoff {
  readonly #firstMs: number;
  #nextMs = 0;

  constructor(firstMs: number) {
    this.#firstMs = firstMs;
  }

  /** How long to wait before the next start, given how long the container ran. */
  next(ranMs: number): number {
    if (ranMs >= FORGIVEN_AFTER_MS) this.#nextMs = 0;
    const wait = this.#nextMs;
    this.#nextMs = wait === 0 ? this.#firstMs : Math.min(MAX_BACKOFF_MS, wait * 2);
    return wait;
  }
}
