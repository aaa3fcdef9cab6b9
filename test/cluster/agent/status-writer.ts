// Writes a Pod's status: the newest one, one write at a time, again after a failure.

import { setTimeout as delay } from 'node:timers/promises';
import { isConflict, isNotFound, type ApiClient } from '../api/client.js';
import type { Pod } from '../api/objects.js';

/** Changes within this time become one write, in milliseconds. */
const GATHER_MS = 25;

/** Pause after a failed write, in milliseconds. */
const RETRY_MS = 500;

/** Lets the agent hold back every write, as while its Node is stopped. */
export interface WriteGate {
  /** Settles when writing is allowed. */
  readonly open: () => Promise<void>;
}

/** Keeps the status of one Pod in step with what is computed. */
export class StatusWriter {
  readonly #client: ApiClient;
  readonly #gate: WriteGate;
  readonly #pod: Pod;
  readonly #compute: () => object;
  #wanted = false;
  #active = false;
  #writing = Promise.resolve();
  #written = '';

  constructor(client: ApiClient, gate: WriteGate, pod: Pod, compute: () => object) {
    this.#client = client;
    this.#gate = gate;
    this.#pod = pod;
    this.#compute = compute;
  }

  /** Says that the status may have changed. */
  touch(): void {
    this.#wanted = true;
    if (this.#active) return;
    this.#active = true;
    this.#writing = this.#writeAll();
  }

  /** Waits until everything that was touched is written. */
  async settled(): Promise<void> {
    while (this.#active) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#wanted) {
      await delay(GATHER_MS);
      await this.#gate.open();
      this.#wanted = false;
      try {
        await this.#writeOnce();
      } catch (error) {
        if (isNotFound(error)) break;
        this.#wanted = true;
        await delay(RETRY_MS);
      }
    }
    // In the same turn as the last look at `#wanted`, so that no touch falls between.
    this.#active = false;
  }

  async #writeOnce(): Promise<void> {
    const status = this.#compute();
    const text = JSON.stringify(status);
    if (text === this.#written) return;
    const { name, namespace = 'default', uid } = this.#pod.metadata;
    await this.#client.patch(`/api/v1/namespaces/${namespace}/pods/${name}/status`, 'strategic-merge-patch+json', { metadata: { uid }, status });
    this.#written = text;
  }
}

/** Tells the API server that nothing of a Pod runs any more, so that its object may go. */
export async function confirmDeletion(client: ApiClient, gate: WriteGate, pod: Pod): Promise<void> {
  const { name, namespace = 'default', uid } = pod.metadata;
  for (;;) {
    await gate.open();
    try {
      await client.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, { gracePeriodSeconds: 0, preconditions: { uid } });
      return;
    } catch (error) {
      // A conflict means that a Pod of the same name took its place.
      if (isNotFound(error) || isConflict(error)) return;
      await delay(RETRY_MS);
    }
  }
}
