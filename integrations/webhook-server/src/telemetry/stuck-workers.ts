// Sandbox threads that were told to stop and did not. Nothing in the process can end them: a supervisor has to end the process.
import type { RuntimeEvent } from 'wasmwarden';

/** Counts them by the runtime's events. */
export class StuckWorkers {
  readonly #workers = new Set<number>();

  /** Threads that are stuck at the moment. */
  get count(): number {
    return this.#workers.size;
  }

  /** Takes note of an event. */
  event(event: RuntimeEvent): void {
    if (event.kind === 'worker-stuck') this.#workers.add(event.workerId);
    if (event.kind === 'worker-stopped') this.#workers.delete(event.workerId);
  }
}
