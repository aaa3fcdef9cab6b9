// An abort signal that follows another one and a limit in time, and lets go of both. `AbortSignal.any` would keep a
// trace of every request on a signal that lives as long as the program.

/** A signal of one operation. */
export interface LinkedSignal {
  readonly signal: AbortSignal;
  readonly abort: () => void;
  /** To be called when the operation has ended. */
  readonly release: () => void;
}

/** Makes a signal that fires with `outer`, with its reason, or after `timeoutMs` milliseconds as a `TimeoutError`. */
export function linkSignal(outer?: AbortSignal, timeoutMs?: number): LinkedSignal {
  const controller = new AbortController();
  const follow = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) follow();
  outer?.addEventListener('abort', follow, { once: true });
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => controller.abort(new DOMException('the time limit has passed', 'TimeoutError')), timeoutMs);
  return {
    signal: controller.signal,
    abort: () => controller.abort(),
    release() {
      outer?.removeEventListener('abort', follow);
      clearTimeout(timer);
    },
  };
}
