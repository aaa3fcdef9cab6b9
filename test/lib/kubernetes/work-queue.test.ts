import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { WorkQueue } from '../../../lib/kubernetes/work-queue.js';
import { SteadyTestClock } from '../../support/steady-test-clock.js';

const queues = suite('kubernetes/work-queue');

function newQueue(seed = 1): { readonly queue: WorkQueue; readonly clock: SteadyTestClock } {
  const clock = new SteadyTestClock({ seed });
  return { queue: new WorkQueue({ clock, backOff: { firstMs: 100, maxMs: 1000 } }), clock };
}

/** Takes until nothing waits. */
async function taken(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.length > 0) keys.push((await queue.take()) ?? 'closed');
  return keys;
}

queues('keys come out in the order of their coming, each once', async () => {
  const { queue } = newQueue();
  for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
  assert.is(queue.length, 3);
  assert.equal(await taken(queue), ['a', 'b', 'c']);
});

queues('whoever waits gets the next key, the longest waiting first', async () => {
  const { queue } = newQueue();
  const waiting = [queue.take(), queue.take()];
  queue.add('a');
  queue.add('b');
  assert.equal(await Promise.all(waiting), ['a', 'b']);
});

queues('a key with a worker is not handed out, and comes back when it is done if it was added meanwhile', async () => {
  const { queue } = newQueue();
  queue.add('a');
  assert.is(await queue.take(), 'a');
  queue.add('a');
  queue.add('a');
  assert.is(queue.length, 0);
  queue.done('a');
  assert.is(await queue.take(), 'a');
  queue.done('a');
  assert.is(queue.length, 0);
});

queues('a delayed key comes when it is due, and of two delays the shorter one counts', async () => {
  const { queue, clock } = newQueue();
  queue.addAfter('late', 5000);
  queue.addAfter('a', 1000);
  queue.addAfter('a', 300);
  queue.addAfter('a', 2000);
  await clock.advance(299);
  assert.is(queue.length, 0);
  await clock.advance(1);
  assert.equal(await taken(queue), ['a']);
  queue.done('a');
  await clock.advance(2000);
  assert.is(queue.length, 0);
  await clock.advance(2700);
  assert.equal(await taken(queue), ['late']);
});

queues('a delay of nothing, or less, is none', () => {
  const { queue } = newQueue();
  queue.addAfter('a', 0);
  queue.addAfter('b', -1);
  assert.is(queue.length, 2);
});

queues('a delay beyond what timers can count does not come early', async () => {
  const { queue, clock } = newQueue();
  const aYearMs = 365 * 24 * 3600 * 1000;
  queue.addAfter('renew the certificate', aYearMs);
  assert.ok((clock.nextMs ?? 0) < 2 ** 31);
  await clock.advance(aYearMs - 1);
  assert.is(queue.length, 0);
  await clock.advance(1);
  assert.is(queue.length, 1);
});

queues('a key that fails waits longer each time, up to the limit, until it is forgotten', () => {
  const { queue } = newQueue();
  const delays = [1, 2, 3, 4, 5, 6].map(() => queue.retry('a'));
  [100, 200, 400, 800, 1000, 1000].forEach((fullMs, index) => assert.ok((delays[index] ?? 0) >= fullMs / 2 && (delays[index] ?? 0) <= fullMs, String(delays[index])));
  assert.ok(queue.retry('b') <= 100);
  queue.forget('a');
  assert.ok(queue.retry('a') <= 100);
});

queues('a key that fails waits at least as long as somebody asked', async () => {
  const { queue, clock } = newQueue();
  assert.is(queue.retry('a', 5000), 5000);
  await clock.advance(4999);
  assert.is(queue.length, 0);
  await clock.advance(1);
  assert.is(queue.length, 1);
});

queues('when it is shut down, waiting takers get nothing, nothing more comes out, and it settles when the last key is back', async () => {
  const { queue, clock } = newQueue();
  queue.add('a');
  await queue.take();
  const waiting = queue.take();
  queue.addAfter('b', 100);
  let settled = 0;
  const ends = [queue.shutDown(), queue.shutDown()].map((end) => end.then(() => (settled += 1)));
  assert.is(await waiting, undefined);
  queue.add('c');
  queue.addAfter('d', 1);
  queue.add('a');
  assert.is(await queue.take(), undefined);
  await clock.advance(1000);
  assert.is(settled, 0);
  queue.done('a');
  await Promise.all(ends);
  assert.equal([queue.length, clock.sleeping], [0, 0]);
});

queues('an idle queue is shut down at once', async () => {
  const { queue } = newQueue();
  queue.add('a');
  await queue.shutDown();
  assert.is(queue.length, 0);
});

/** A queue, what was wished of it, and what it did. */
class Workshop {
  readonly #seed: number;
  readonly #clock: SteadyTestClock;
  readonly #queue: WorkQueue;
  readonly #working = new Set<string>();
  /** Keys that were added and not taken since. */
  readonly #wanted = new Set<string>();
  /** When delayed keys are due. */
  readonly #delayed = new Map<string, number>();

  constructor(seed: number) {
    this.#seed = seed;
    ({ queue: this.#queue, clock: this.#clock } = newQueue(seed));
  }

  async step(): Promise<void> {
    const key = `key-${Math.floor(this.#clock.random() * 6)}`;
    const acts: readonly (() => Promise<void> | void)[] = [
      () => this.#add(key),
      () => this.#addAfter(key),
      () => this.#delay(key, this.#queue.retry(key)),
      () => this.#queue.forget(key),
      () => this.#take(),
      () => this.#take(),
      () => this.#done(),
      () => this.#done(),
      () => this.#clock.advance(this.#clock.random() * 1000),
    ];
    await acts[Math.floor(this.#clock.random() * acts.length)]?.();
    this.#sweep();
  }

  async end(): Promise<void> {
    while (this.#working.size > 0) this.#done();
    await this.#clock.advance(10_000);
    this.#sweep();
    while (this.#queue.length > 0) await this.#take();
    assert.equal([this.#wanted.size, this.#delayed.size], [0, 0], `seed ${this.#seed}`);
    assert.is(this.#clock.sleeping, 0, `seed ${this.#seed}`);
  }

  #add(key: string): void {
    this.#wanted.add(key);
    this.#queue.add(key);
  }

  #addAfter(key: string): void {
    const afterMs = this.#clock.random() * 3000;
    this.#delay(key, afterMs);
    this.#queue.addAfter(key, afterMs);
  }

  #delay(key: string, afterMs: number): void {
    this.#delayed.set(key, Math.min(this.#delayed.get(key) ?? Infinity, this.#clock.steadyMs() + afterMs));
  }

  async #take(): Promise<void> {
    if (this.#queue.length === 0) return;
    const key = (await this.#queue.take()) ?? '';
    assert.not(this.#working.has(key), `seed ${this.#seed}: ${key} has two workers`);
    assert.ok(this.#wanted.delete(key), `seed ${this.#seed}: ${key} came early`);
    this.#working.add(key);
  }

  /** Delayed keys that are due are wanted now. */
  #sweep(): void {
    for (const [key, dueMs] of this.#delayed) {
      if (dueMs > this.#clock.steadyMs()) continue;
      this.#delayed.delete(key);
      this.#wanted.add(key);
    }
  }

  #done(): void {
    const [key] = this.#working;
    if (key === undefined) return;
    this.#working.delete(key);
    this.#queue.done(key);
  }
}

queues('in any sequence no key is with two workers, none comes early, and no wish is forgotten', async () => {
  for (let seed = 1; seed <= 100; seed += 1) {
    const workshop = new Workshop(seed);
    for (let step = 0; step < 200; step += 1) await workshop.step();
    await workshop.end();
  }
});

queues.run();
