// Leading, or waiting for it: at most one of the candidates for a Lease leads at any time. What is read from a Lease is
// lease.ts.
//
// Why this holds: a leader counts its term from the moment before it sends a renewal, and stops before the term of the
// Lease is over; everybody else counts from when they saw the renewal, which is later. Only durations are compared, each
// on one machine, so clocks may differ as they like.
import { type Fault, isFault } from '../fault.js';
import type { ApiObject } from './api-object.js';
import type { ClusterClient } from './client.js';
import { firstClaim, isClaimable, leaseAddress, type LeaseClaim, leaseClaimOf, leases, leaseSpec, type Observation, observe, releasedClaim } from './lease.js';
import { formatMicroTime } from './micro-time.js';
import { apiVersionOf } from './resource.js';
import { type SteadyClock, steadyClock } from './steady-clock.js';

/** What an election says about itself. */
export type ElectionEvent =
  | { readonly kind: 'leader-seen'; readonly holder: string }
  | { readonly kind: 'elected' }
  | { readonly kind: 'lost' }
  | { readonly kind: 'released' }
  /** A request failed; it is tried again. */
  | { readonly kind: 'failed'; readonly fault: Fault };

export interface ElectionOptions {
  readonly client: Pick<ClusterClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  /** Name of the Lease. */
  readonly name: string;
  /** Who we are; no other process may ever use the same. */
  readonly identity: string;
  /** How long others wait for a silent leader; 15 s when absent. */
  readonly leaseDurationMs?: number;
  /** How long a leader goes on without a renewal; 10 s when absent. Shorter than the lease. */
  readonly renewDeadlineMs?: number;
  /** Between two attempts; 2 s when absent. */
  readonly retryPeriodMs?: number;
  readonly onEvent?: (event: ElectionEvent) => void;
  readonly clock?: SteadyClock;
}

/** How an election ended: by the signal or the work, with the Lease released; or by its loss. */
export type ElectionEnd = 'finished' | 'lost';

/**
 * Waits to be elected, leads, and steps down.
 *
 * @param lead the work of a leader; its signal fires when it has to stop, and the Lease is kept until it has
 * @param signal ends the waiting, or the leading
 */
export async function runElected(options: ElectionOptions, lead: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<ElectionEnd> {
  const candidate = new Candidate(options);
  if (!(await candidate.campaign(signal))) return 'finished';
  const stepDown = new AbortController();
  const follow = (): void => stepDown.abort(signal.reason);
  signal.addEventListener('abort', follow, { once: true });
  if (signal.aborted) follow();
  const worked = new AbortController();
  const keeping = candidate.keep(worked.signal).finally(() => stepDown.abort(new Error('the leadership is over')));
  // Told by the wait below, when the work has stopped.
  keeping.catch(() => undefined);
  try {
    await lead(stepDown.signal);
  } finally {
    signal.removeEventListener('abort', follow);
    worked.abort();
    if (await keeping) await candidate.release();
  }
  return (await keeping) ? 'finished' : 'lost';
}

/** A lease as stored, and the claim in it. */
interface Held {
  readonly lease: ApiObject;
  readonly claim: LeaseClaim;
}

class Candidate {
  readonly #options: ElectionOptions;
  readonly #clock: SteadyClock;
  readonly #leaseDurationMs: number;
  readonly #renewDeadlineMs: number;
  readonly #retryPeriodMs: number;
  #seen: Observation | undefined;
  #held: Held | undefined;
  /** When our term ends unless it is renewed, on the steady clock. */
  #termEndMs = Number.NEGATIVE_INFINITY;

  constructor(options: ElectionOptions) {
    const { leaseDurationMs = 15_000, renewDeadlineMs = 10_000, retryPeriodMs = 2_000, clock = steadyClock } = options;
    if (!(retryPeriodMs > 0 && retryPeriodMs < renewDeadlineMs && renewDeadlineMs < leaseDurationMs)) throw new RangeError('an election needs retryPeriodMs < renewDeadlineMs < leaseDurationMs');
    this.#options = options;
    this.#clock = clock;
    this.#leaseDurationMs = leaseDurationMs;
    this.#renewDeadlineMs = renewDeadlineMs;
    this.#retryPeriodMs = retryPeriodMs;
  }

  /** Waits to be elected; false when the signal fired before. */
  async campaign(signal: AbortSignal): Promise<boolean> {
    while (!isAborted(signal)) {
      const elected = await this.#bounded(this.#clock.steadyMs() + this.#renewDeadlineMs, signal, (request) => this.#stand(request));
      if (elected === true) {
        this.#options.onEvent?.({ kind: 'elected' });
        return true;
      }
      // Not all at once: candidates that wait for the same silent leader would only get in each other's way.
      await this.#clock.sleep(this.#retryPeriodMs * (1 + this.#clock.random() / 5), signal);
    }
    return false;
  }

  /** Renews until told to stop; false when the term ended before. */
  async keep(stop: AbortSignal): Promise<boolean> {
    for (;;) {
      await this.#clock.sleep(Math.max(0, Math.min(this.#retryPeriodMs, this.#termEndMs - this.#clock.steadyMs())), stop);
      // A renewal under way is not cut off by `stop`: it may arrive all the same, and then our version is not the last.
      const kept = isAborted(stop) ? undefined : await this.#bounded(this.#termEndMs, undefined, (request) => this.#renew(request));
      if (kept === false || this.#clock.steadyMs() >= this.#termEndMs) {
        this.#options.onEvent?.({ kind: 'lost' });
        return false;
      }
      if (isAborted(stop)) return true;
    }
  }

  /** Lets others lead at once; if that fails they wait for the end of the lease. */
  async release(): Promise<void> {
    const released = await this.#bounded(this.#termEndMs, undefined, (request) => this.#update((claim) => releasedClaim(claim, this.#time()), request));
    if (released === true) this.#options.onEvent?.({ kind: 'released' });
  }

  /** Tries to become leader. */
  async #stand(signal: AbortSignal): Promise<boolean> {
    const sentMs = this.#clock.steadyMs();
    const { client, namespace, name, identity } = this.#options;
    const lease = await client.get(leaseAddress(namespace, name), { signal }).catch((error: unknown) => {
      if (isFault(error, 'KUBERNETES_NOT_FOUND')) return undefined;
      throw error;
    });
    if (lease !== undefined) this.#see(leaseClaimOf(lease));
    if (lease !== undefined && this.#seen !== undefined && !isClaimable(this.#seen, identity, this.#clock.steadyMs())) return false;
    const claim = firstClaim(lease === undefined ? undefined : this.#seen?.claim, { identity, durationMs: this.#leaseDurationMs, time: this.#time() });
    const stored = lease === undefined ? await this.#create(claim, signal) : await this.#write(lease, claim, signal);
    this.#held = { lease: stored, claim };
    this.#termEndMs = sentMs + this.#renewDeadlineMs;
    return true;
  }

  #create(claim: LeaseClaim, signal: AbortSignal): Promise<ApiObject> {
    const { client, namespace, name } = this.#options;
    return client.create({ resource: leases, namespace }, { apiVersion: apiVersionOf(leases), kind: leases.kind, metadata: { name, namespace }, spec: leaseSpec(claim, undefined) }, { signal });
  }

  /** Renews the term; false when another one has it. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const sentMs = this.#clock.steadyMs();
    const renewed = await this.#update((claim) => ({ ...claim, durationMs: this.#leaseDurationMs, renewTime: this.#time() }), signal);
    if (renewed) this.#termEndMs = sentMs + this.#renewDeadlineMs;
    return renewed;
  }

  /** Changes our claim; false when another one has the Lease. */
  async #update(change: (claim: LeaseClaim) => LeaseClaim, signal: AbortSignal): Promise<boolean> {
    const held = this.#held;
    if (held === undefined) return false;
    const claim = change(held.claim);
    let lease: ApiObject;
    try {
      lease = await this.#write(held.lease, claim, signal);
    } catch (error) {
      // Somebody changed the Lease, or an earlier change of ours arrived and its answer did not.
      if (!isFault(error, 'KUBERNETES_CONFLICT')) throw error;
      const stored = await this.#options.client.get(leaseAddress(this.#options.namespace, this.#options.name), { signal });
      if (leaseClaimOf(stored).holder !== this.#options.identity) return false;
      lease = await this.#write(stored, claim, signal);
    }
    this.#held = { lease, claim };
    return true;
  }

  /** Replaces the Lease if it is still the version that we know. */
  #write(lease: ApiObject, claim: LeaseClaim, signal: AbortSignal): Promise<ApiObject> {
    const { client, namespace, name } = this.#options;
    return client.replace(leaseAddress(namespace, name), { ...lease, spec: leaseSpec(claim, lease['spec']) }, { signal });
  }

  #see(claim: LeaseClaim): void {
    const before = this.#seen?.claim.holder;
    this.#seen = observe(this.#seen, claim, this.#clock.steadyMs());
    if (claim.holder !== before) this.#options.onEvent?.({ kind: 'leader-seen', holder: claim.holder });
  }

  /** Runs requests, until a time or signal at the latest; undefined when they failed or did not end in time. */
  async #bounded(endMs: number, signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean | undefined> {
    const limit = new AbortController();
    const stop = (): void => limit.abort();
    signal?.addEventListener('abort', stop, { once: true });
    const over = this.#clock.sleep(Math.max(0, endMs - this.#clock.steadyMs()), limit.signal).then(() => {
      stop();
      return undefined;
    });
    try {
      return await Promise.race([this.#reported(work(limit.signal), limit.signal), over]);
    } finally {
      signal?.removeEventListener('abort', stop);
      stop();
    }
  }

  async #reported(work: Promise<boolean>, limit: AbortSignal): Promise<boolean | undefined> {
    try {
      return await work;
    } catch (error) {
      if (!isFault(error)) throw error;
      if (!isAborted(limit)) this.#options.onEvent?.({ kind: 'failed', fault: error });
      return undefined;
    }
  }

  #time(): string {
    return formatMicroTime(this.#clock.nowMs());
  }
}

/** A signal may fire during any wait, which the type checker does not know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
