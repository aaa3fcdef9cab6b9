// What a reflector does next: list, then watch from the list's version for as long as that works, and list again when it
// does not. PURE: chance and durations are parameters. The driver is reflector.ts.
import { type BackOff, backOffMs } from './back-off.js';

/** How far a reflector has come. */
export interface ReflectionState {
  /** Up to where everything has been seen; undefined when a listing is needed. */
  readonly resourceVersion: string | undefined;
  /** Failures since the last watch that worked. */
  readonly failures: number;
}

/** What became of the last command. */
export type ReflectionEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'listed'; readonly resourceVersion: string }
  | { readonly kind: 'list-failed'; readonly retryAfterMs?: number | undefined }
  | WatchEnd
  | (Omit<WatchEnd, 'kind'> & {
      readonly kind: 'watch-failed';
      /** The server cannot go on from this version, or not with this watch. */
      readonly versionLost: boolean;
      readonly retryAfterMs?: number | undefined;
    });

/** A watch that the server ended as it was told to. */
interface WatchEnd {
  readonly kind: 'watch-ended';
  /** The last version that was heard of. */
  readonly resourceVersion: string;
  /** It told something, or lasted a while; otherwise doing it again at once would be a loop. */
  readonly worked: boolean;
}

/** What to do next, after a wait in milliseconds. */
export type ReflectionCommand = { readonly kind: 'list'; readonly afterMs: number } | { readonly kind: 'watch'; readonly resourceVersion: string; readonly afterMs: number };

/** Nothing has been seen. */
export const unseen: ReflectionState = { resourceVersion: undefined, failures: 0 };

/** A first try after less than a second, for API servers restart; at most one every half minute, for there may be many of us. */
const backOff: BackOff = { firstMs: 800, maxMs: 30_000 };

/**
 * The next state and command.
 *
 * @param chance from 0 up to, not including, 1
 */
export function reflect(state: ReflectionState, event: ReflectionEvent, chance: number): readonly [ReflectionState, ReflectionCommand] {
  switch (event.kind) {
    case 'started':
      return [state, { kind: 'list', afterMs: 0 }];
    case 'listed':
      // A listing that works proves nothing about watching, so the failures stand.
      return [{ ...state, resourceVersion: event.resourceVersion }, { kind: 'watch', resourceVersion: event.resourceVersion, afterMs: 0 }];
    case 'list-failed':
      return afterFailure({ resourceVersion: undefined, failures: state.failures + 1 }, event.retryAfterMs, chance);
    case 'watch-ended': {
      const { resourceVersion } = event;
      if (!event.worked) return afterFailure({ resourceVersion, failures: state.failures + 1 }, undefined, chance);
      return [
        { resourceVersion, failures: 0 },
        { kind: 'watch', resourceVersion, afterMs: 0 },
      ];
    }
    case 'watch-failed':
      return afterFailure({ resourceVersion: event.versionLost ? undefined : event.resourceVersion, failures: (event.worked ? 0 : state.failures) + 1 }, event.retryAfterMs, chance);
  }
}

function afterFailure(state: ReflectionState, retryAfterMs: number | undefined, chance: number): readonly [ReflectionState, ReflectionCommand] {
  const afterMs = Math.max(backOffMs(backOff, state.failures, chance), retryAfterMs ?? 0);
  const { resourceVersion } = state;
  return [state, resourceVersion === undefined ? { kind: 'list', afterMs } : { kind: 'watch', resourceVersion, afterMs }];
}
