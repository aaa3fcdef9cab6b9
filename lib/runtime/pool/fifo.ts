// A queue as a value: adding and taking give a new one and leave the old one as it was, in constant time on average.

interface Cell<Item> {
  readonly item: Item;
  readonly next: Cell<Item> | undefined;
}

/** First in, first out. */
export interface Fifo<Item> {
  readonly size: number;
  /** What comes first, in order; missing in an empty queue only. */
  readonly front: Cell<Item> | undefined;
  /** What follows, the last one first. */
  readonly back: Cell<Item> | undefined;
}

/** A queue of these items, the first one first. */
export function fifoOf<Item>(items: readonly Item[]): Fifo<Item> {
  let front: Cell<Item> | undefined;
  for (const item of items.toReversed()) front = { item, next: front };
  return { size: items.length, front, back: undefined };
}

/** The queue with one more item at its end. */
export function append<Item>({ size, front, back }: Fifo<Item>, item: Item): Fifo<Item> {
  if (front === undefined) return fifoOf([item]);
  return { size: size + 1, front, back: { item, next: back } };
}

/** The queue without its first item. */
export function withoutFirst<Item>({ size, front, back }: Fifo<Item>): Fifo<Item> {
  if (front?.next !== undefined) return { size: size - 1, front: front.next, back };
  return { size: Math.max(0, size - 1), front: reversed(back), back: undefined };
}

/** The items, the first one first. */
export function itemsOf<Item>({ front, back }: Fifo<Item>): readonly Item[] {
  const items: Item[] = [];
  for (let cell = front; cell !== undefined; cell = cell.next) items.push(cell.item);
  for (let cell = reversed(back); cell !== undefined; cell = cell.next) items.push(cell.item);
  return items;
}

function reversed<Item>(cells: Cell<Item> | undefined): Cell<Item> | undefined {
  let result: Cell<Item> | undefined;
  for (let cell = cells; cell !== undefined; cell = cell.next) result = { item: cell.item, next: result };
  return result;
}
