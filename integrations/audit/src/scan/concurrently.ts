// Working on items as they come, several at once and never more of them in memory than that.
import { Gate } from './gate.js';

/** How much is worked on at once. */
export interface Bounds<Item> {
  readonly count: number;
  /** Of a common measure, such as bytes; without it only the count matters. */
  readonly weight?: { readonly limit: number; readonly of: (item: Item) => number } | undefined;
}

/**
 * Works on every item; the next one is taken when there is room.
 *
 * The first failure ends it: no further item is taken, what is under way is waited for, and the failure is thrown.
 */
export async function forEachConcurrently<Item>(items: AsyncIterable<Item> | Iterable<Item>, { count, weight }: Bounds<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const places = new Gate(count);
  const scale = new Gate(weight?.limit ?? 0);
  const failures: unknown[] = [];
  const running = new Set<Promise<void>>();
  const handle = async (item: Item, heavy: number): Promise<void> => {
    try {
      await work(item);
    } catch (error) {
      failures.push(error);
    } finally {
      places.leave();
      scale.leave(heavy);
    }
  };
  try {
    for await (const item of items) {
      const heavy = weight?.of(item) ?? 0;
      await places.enter();
      await scale.enter(heavy);
      if (failures.length > 0) break;
      const task: Promise<void> = handle(item, heavy).finally(() => running.delete(task));
      running.add(task);
    }
  } finally {
    await Promise.all(running);
  }
  if (failures.length > 0) throw failures[0];
}

/** Works on every item of a list, so many at once, and gives the results in the list's order. */
export async function mapConcurrently<Item, Result>(items: readonly Item[], count: number, work: (item: Item) => Promise<Result>): Promise<readonly Result[]> {
  if (items.length <= count) return Promise.all(items.map(work));
  const results = new Array<Result>(items.length);
  await forEachConcurrently(items.entries(), { count }, async ([index, item]) => {
    results[index] = await work(item);
  });
  return results;
}
