// Which policies share an instance, as numbers: the threads know sandboxes and no policies.
import type { SandboxCode } from './bridge/sandbox-code.js';
import type { Isolation } from './sandbox-rules.js';

/** Gives out the numbers of one runtime; none is used again for something else. */
export class SandboxNumbers {
  readonly #shared = new Map<string, number>();
  #next = 1;

  /** The number for a policy that was loaded: its own, or that of all policies with the same module and the same rules. */
  numberFor(isolation: Isolation, digest: string, { reuse, limits, layout }: SandboxCode): number {
    if (isolation !== 'module') return this.#next++;
    const key = JSON.stringify([digest, reuse, limits, layout]);
    const number = this.#shared.get(key) ?? this.#next++;
    this.#shared.set(key, number);
    return number;
  }

  /** Forgets what no policy uses any more. */
  retain(isNeeded: (sandbox: number) => boolean): void {
    for (const [key, number] of this.#shared) if (!isNeeded(number)) this.#shared.delete(key);
  }
}
