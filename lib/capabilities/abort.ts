// Waiting for work that may not heed its AbortSignal: the caller goes on at once, whatever the work does.

/** What came of the work, or that its signal fired first. */
export type Settled<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'aborted' };

/**
 * Runs `work` and waits for it or for the signal, whichever comes first; work is not begun when the signal has fired.
 *
 * A failure of work that was given up is dropped: nobody waits for it.
 */
export async function settledUnlessAborted<T>(work: () => Promise<T>, signal: AbortSignal): Promise<Settled<T>> {
  if (signal.aborted) return { kind: 'aborted' };
  let giveUp: () => void = () => undefined;
  const aborted = new Promise<Settled<T>>((resolve) => {
    giveUp = () => resolve({ kind: 'aborted' });
  });
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    return await Promise.race([work().then((value): Settled<T> => ({ kind: 'done', value })), aborted]);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}
