// Workers on a queue: each takes a key, works on it, and says whether and when it is to be looked at again.
import type { WorkQueue } from './work-queue.js';

/** What became of a key's work. */
export type Worked =
  | { readonly kind: 'done' }
  /** Nothing failed; look again after a while, in milliseconds. */
  | { readonly kind: 'again'; readonly afterMs: number }
  /** To be tried again, later each time; not before a pause that somebody asked for, in milliseconds. */
  | { readonly kind: 'failed'; readonly atLeastMs?: number | undefined };

/**
 * Works until the queue is shut down.
 *
 * @param work must turn what the surroundings cause into an answer; what it throws is a bug, shuts the queue down and is
 *   thrown on when the other workers have finished
 */
export async function runWorkers<Key extends string>(queue: WorkQueue<Key>, count: number, work: (key: Key) => Promise<Worked>): Promise<void> {
  const ends = await Promise.allSettled(Array.from({ length: count }, () => runWorker(queue, work)));
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

async function runWorker<Key extends string>(queue: WorkQueue<Key>, work: (key: Key) => Promise<Worked>): Promise<void> {
  for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
    try {
      settle(queue, key, await work(key));
    } catch (error) {
      void queue.shutDown();
      throw error;
    } finally {
      queue.done(key);
    }
    // Work that waits for nothing would keep timers and sockets waiting until the queue is empty: a lease would not be renewed.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

function settle<Key extends string>(queue: WorkQueue<Key>, key: Key, worked: Worked): void {
  switch (worked.kind) {
    case 'done':
      queue.forget(key);
      return;
    case 'again':
      queue.forget(key);
      queue.addAfter(key, worked.afterMs);
      return;
    case 'failed':
      queue.retry(key, worked.atLeastMs);
  }
}
