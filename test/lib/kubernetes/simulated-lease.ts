// A Lease on an API server, in memory: versions are checked, and requests take time, get lost on the way there or on the
// way back, as the test says.
import { Fault } from '../../../lib/fault.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import type { ClusterClient } from '../../../lib/kubernetes/client.js';
import { leaseClaimOf } from '../../../lib/kubernetes/lease.js';
import type { SteadyTestClock } from '../../support/steady-test-clock.js';

export interface LeaseTroubles {
  /** Longest time that a request takes to arrive, and an answer to come back, in milliseconds each. */
  readonly delayMs: number;
  /** Probability that a request fails before it arrives. */
  readonly lost: number;
  /** Probability that an answer fails to come back. */
  readonly unanswered: number;
}

type LeaseClient = Pick<ClusterClient, 'get' | 'create' | 'replace'>;

export class SimulatedLease {
  troubles: LeaseTroubles = { delayMs: 0, lost: 0, unanswered: 0 };
  stored: ApiObject | undefined;
  /** Who held the Lease, each change once. */
  readonly holders: string[] = [];
  #version = 0;
  readonly #clock: SteadyTestClock;

  constructor(clock: SteadyTestClock) {
    this.#clock = clock;
  }

  /** A client of it; `isCutOff` tells whether nothing gets through now. */
  client(isCutOff: () => boolean = () => false): LeaseClient {
    const exchange = async (signal: AbortSignal | undefined, work: () => ApiObject): Promise<ApiObject> => {
      const exchanged = this.#exchange(isCutOff, work);
      const given = new Promise<never>((_resolve, reject) => signal?.addEventListener('abort', () => reject(new Fault('KUBERNETES_ABORTED', 'given up')), { once: true }));
      return Promise.race([exchanged, given]);
    };
    return {
      get: (_address, options) => exchange(options?.signal, () => this.#read()),
      create: (_address, body, options) =>
        exchange(options?.signal, () => {
          if (this.stored !== undefined) throw new Fault('KUBERNETES_ALREADY_EXISTS', 'there is one');
          return this.#store(body);
        }),
      replace: (_address, body, options) =>
        exchange(options?.signal, () => {
          if ((body as ApiObject).metadata.resourceVersion !== this.#read().metadata.resourceVersion) throw new Fault('KUBERNETES_CONFLICT', 'it has changed');
          return this.#store(body);
        }),
    };
  }

  /** Somebody else edits the Lease without claiming it. */
  touch(): void {
    if (this.stored !== undefined) this.#store({ ...this.stored, metadata: { ...this.stored.metadata, labels: { touched: String(this.#version) } } });
  }

  #attempt(work: () => ApiObject): ApiObject | Fault {
    try {
      return work();
    } catch (error) {
      if (error instanceof Fault) return error as Fault;
      throw error;
    }
  }

  #read(): ApiObject {
    if (this.stored === undefined) throw new Fault('KUBERNETES_NOT_FOUND', 'there is none');
    return this.stored;
  }

  #store(body: object): ApiObject {
    this.#version += 1;
    const object = body as ApiObject;
    this.stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.#version) } };
    const { holder } = leaseClaimOf(this.stored);
    if (this.holders.at(-1) !== holder) this.holders.push(holder);
    return this.stored;
  }

  /** What has been sent arrives some time, whether anybody still waits for the answer or not. */
  async #exchange(isCutOff: () => boolean, work: () => ApiObject): Promise<ApiObject> {
    await this.#way();
    if (isCutOff() || this.#clock.random() < this.troubles.lost) throw interrupted();
    const answer = this.#attempt(work);
    await this.#way();
    if (isCutOff() || this.#clock.random() < this.troubles.unanswered) throw interrupted();
    if (answer instanceof Fault) throw answer;
    return answer;
  }

  /** One way between a candidate and the API server. */
  async #way(): Promise<void> {
    if (this.troubles.delayMs > 0) await this.#clock.sleep(this.#clock.random() * this.troubles.delayMs, new AbortController().signal);
    else await Promise.resolve();
  }
}

function interrupted(): Fault {
  return new Fault('KUBERNETES_INTERRUPTED', 'reset', { retryable: true });
}
