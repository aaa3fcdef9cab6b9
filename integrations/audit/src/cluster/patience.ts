// Asking the API server again when what went wrong may pass: it restarts, is busy, or a connection broke.
import { Fault, isFault } from 'wasmwarden';
import { type ClusterClient, type CollectionAddress, type ExactListOptions, type ExactObject, retryAfterOf, type SteadyClock } from 'wasmwarden/kubernetes';

/** How to wait. */
export interface Patience {
  readonly clock: SteadyClock;
  /** Ends every wait. */
  readonly signal: AbortSignal;
}

/** Failures in a row after which a failure stands. */
const maxFailures = 6;

const firstPauseMs = 250;
const longestPauseMs = 10_000;

/**
 * Does something until it succeeds or fails for good.
 *
 * @param passing tells of failures that may pass although they do not say so
 * @throws {Fault} the last failure
 */
export async function patiently<Result>(patience: Patience, attempt: () => Promise<Result>, passing: (fault: Fault) => boolean = () => false): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      return await attempt();
    } catch (error) {
      await pauseAfter(error, failures, patience, passing);
    }
  }
}

/** Every object of a collection; after a passing failure the listing goes on where it was. */
export async function* objectsOf(client: Pick<ClusterClient, 'exactPages'>, address: CollectionAddress, options: ExactListOptions, patience: Patience): AsyncGenerator<ExactObject> {
  let continueToken: string | undefined;
  let failures = 0;
  for (;;) {
    try {
      for await (const page of client.exactPages(address, { ...options, continueToken, signal: patience.signal })) {
        failures = 0;
        yield* page.items;
        continueToken = page.continueToken;
      }
      return;
    } catch (error) {
      failures += 1;
      await pauseAfter(error, failures, patience);
    }
  }
}

/** Waits before the next attempt, or throws what must stand. */
async function pauseAfter(error: unknown, failures: number, { clock, signal }: Patience, passing: (fault: Fault) => boolean = () => false): Promise<void> {
  if (!isFault(error) || !(error.retryable || passing(error)) || failures >= maxFailures || signal.aborted) throw error;
  const pauseMs = Math.max(retryAfterOf(error) ?? 0, Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - 1)) * (0.5 + clock.random()));
  await clock.sleep(pauseMs, signal);
  if (isAborted(signal)) throw new Fault('SCAN_STOPPED', 'the scan was told to stop');
}

/** A signal may fire during any wait, which the type checker does not know. */
export function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
