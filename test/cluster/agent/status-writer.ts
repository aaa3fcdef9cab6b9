// Writes a Pod's status: the newest one, one write at a time, again after a failure.

import { setTimeout as delay } from 'node:timers/promises';
import { isNotFound, type ApiClient } from '../api/client.js';
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
  #writing: Promise<void> | undefined;
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
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Waits until everything that was touched is written. */
  async settled(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  async #writeAll(): Promise<void> {
    while (this.#wanted) {
      await delay(GATHER_MS);
      await this.#gate.open();
      this.#wanted = false;
      try {
        await this.#writeOnce();
      } catch (error) {
        if (isNotFound(error)) return;
        this.#wanted = true;
        await delay(RETRY_MS);
      }
    }
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
