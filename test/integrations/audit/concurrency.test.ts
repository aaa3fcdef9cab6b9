import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { forEachConcurrently, mapConcurrently } from '../../../integrations/audit/src/scan/concurrently.js';
import { Gate } from '../../../integrations/audit/src/scan/gate.js';
import { afterAnswer, afterRefusal, newFlow } from '../../../integrations/audit/src/servers/flow.js';
import { formatKey, parseKey, type Work } from '../../../integrations/audit/src/watch/key.js';

const concurrency = suite('integrations/audit/concurrency');

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Works on items, and tells the most that were under way at once, by count and by weight. */
async function mostAtOnce(weights: readonly number[], bounds: { readonly count: number; readonly limit?: number }): Promise<readonly [number, number]> {
  let [now, heavy, most, heaviest] = [0, 0, 0, 0];
  const { count, limit } = bounds;
  await forEachConcurrently(weights, { count, weight: limit === undefined ? undefined : { limit, of: (weight) => weight } }, async (weight) => {
    [now, heavy] = [now + 1, heavy + weight];
    [most, heaviest] = [Math.max(most, now), Math.max(heaviest, heavy)];
    await turn();
    [now, heavy] = [now - 1, heavy - weight];
  });
  return [most, heaviest];
}

concurrency('so many are under way at once, and no more', async () => {
  assert.equal(await mostAtOnce([1, 1, 1, 1, 1, 1, 1], { count: 3 }), [3, 3]);
});

concurrency('and no more than weigh so much together; what weighs more goes alone', async () => {
  assert.equal(await mostAtOnce([4, 4, 4, 30, 4], { count: 5, limit: 10 }), [2, 30]);
});

concurrency('the first failure ends it, after what is under way', async () => {
  const done: number[] = [];
  const failed = forEachConcurrently([1, 2, 3, 4, 5, 6], { count: 2 }, async (item) => {
    await turn();
    if (item === 2) throw new Error('two');
    done.push(item);
  });
  assert.is(await failed.then(() => 'no failure', (error: unknown) => String(error)), 'Error: two');
  assert.not.ok(done.includes(6));
});

concurrency('results come in the order of their items', async () => {
  assert.equal(await mapConcurrently([3, 1, 2], 2, async (item) => {
    for (let turns = 0; turns < item; turns += 1) await turn();
    return item * 10;
  }), [30, 10, 20]);
});

concurrency('a gate lets in who waited longest, and more when it is widened', async () => {
  const gate = new Gate(1);
  const entered: string[] = [];
  await gate.enter();
  const waiting = ['a', 'b', 'c'].map(async (name) => {
    await gate.enter();
    entered.push(name);
  });
  await turn();
  assert.equal(entered, []);
  gate.setLimit(3);
  await turn();
  assert.equal(entered, ['a', 'b']);
  gate.leave();
  await Promise.all(waiting);
  assert.equal(entered, ['a', 'b', 'c']);
});

concurrency('a server that keeps up is asked more, one that does not half as much, within what is allowed', () => {
  let flow = newFlow(20);
  for (let answers = 0; answers < 1000; answers += 1) flow = afterAnswer(flow);
  assert.is(flow.limit, 20);
  assert.is(afterRefusal(flow).limit, 10);
  for (let refusals = 0; refusals < 10; refusals += 1) flow = afterRefusal(flow);
  assert.is(flow.limit, 2);
  assert.equal([newFlow(1).limit, afterRefusal(newFlow(1)).limit], [1, 1]);
});

concurrency('work travels as a key and comes back the same', () => {
  const works: readonly Work[] = [
    { kind: 'audit', family: 'pods', namespace: 'a', name: 'b' },
    { kind: 'audit', family: 'namespaces', namespace: undefined, name: 'b' },
    { kind: 'remove', namespace: 'a', uid: 'u' },
    { kind: 'remove', namespace: undefined, uid: 'u' },
  ];
  assert.equal(works.map((work) => parseKey(formatKey(work))), works);
});

concurrency.run();
