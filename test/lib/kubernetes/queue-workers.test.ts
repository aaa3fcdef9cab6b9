import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { runWorkers, type Worked } from '../../../lib/kubernetes/queue-workers.js';
import { WorkQueue } from '../../../lib/kubernetes/work-queue.js';
import { settle, SteadyTestClock } from '../../support/steady-test-clock.js';

const workers = suite('kubernetes/queue-workers');

function newQueue(): { readonly queue: WorkQueue; readonly clock: SteadyTestClock } {
  const clock = new SteadyTestClock();
  return { queue: new WorkQueue({ clock, backOff: { firstMs: 100, maxMs: 1000 } }), clock };
}

const answers: readonly [title: string, worked: Worked, lookAgainMs: readonly number[]][] = [
  ['what is done is not looked at again', { kind: 'done' }, []],
  ['what asks for another look gets it', { kind: 'again', afterMs: 700 }, [700, 1400]],
  ['what fails is tried again after at least the pause asked for', { kind: 'failed', atLeastMs: 900 }, [900, 1800]],
];

for (const [title, worked, lookAgainMs] of answers) {
  workers(title, async () => {
    const { queue, clock } = newQueue();
    const looks: number[] = [];
    const running = runWorkers(queue, 2, () => {
      looks.push(clock.steadyMs());
      return Promise.resolve(worked);
    });
    queue.add('a');
    await clock.advance(2000);
    assert.equal(looks, [0, ...lookAgainMs]);
    await queue.shutDown();
    await running;
  });
}

workers('success forgets the failures before it', async () => {
  const { queue, clock } = newQueue();
  const script: Worked[] = [{ kind: 'failed' }, { kind: 'failed' }, { kind: 'failed' }, { kind: 'done' }];
  const running = runWorkers(queue, 1, () => Promise.resolve(script.shift() ?? { kind: 'done' }));
  queue.add('a');
  await clock.advance(5000);
  assert.equal(script, []);
  assert.ok(queue.retry('a') <= 100);
  await queue.shutDown();
  await running;
});

workers('as many keys are worked on at once as there are workers', async () => {
  const { queue } = newQueue();
  const finish: (() => void)[] = [];
  const running = runWorkers(queue, 3, () => new Promise<Worked>((resolve) => finish.push(() => resolve({ kind: 'done' }))));
  for (const key of ['a', 'b', 'c', 'd', 'e']) queue.add(key);
  await settle();
  assert.equal([finish.length, queue.length], [3, 2]);
  finish.shift()?.();
  await settle();
  assert.equal([finish.length, queue.length], [3, 1]);
  const end = queue.shutDown();
  finish.forEach((resolve) => resolve());
  await Promise.all([end, running]);
});

workers('while work that waits for nothing is done, timers and sockets get their turn', async () => {
  const { queue } = newQueue();
  for (let key = 0; key < 100; key += 1) queue.add(String(key));
  let worked = 0;
  const running = runWorkers(queue, 1, () => {
    worked += 1;
    return Promise.resolve({ kind: 'done' });
  });
  await settle();
  assert.ok(worked > 0 && worked < 100, `${worked} keys were worked on in one turn of the event loop`);
  await queue.shutDown();
  await running;
});

workers('a bug ends all workers when they have finished, and is thrown on', async () => {
  const { queue } = newQueue();
  let finish: () => void = () => undefined;
  const running = runWorkers(queue, 2, (key) => (key === 'bug' ? Promise.reject(new Error('bug')) : new Promise<Worked>((resolve) => (finish = () => resolve({ kind: 'done' })))));
  let ended = false;
  const end = running.then(
    () => 'no error',
    (error: unknown) => {
      ended = true;
      return error instanceof Error ? error.message : '';
    },
  );
  queue.add('long');
  queue.add('bug');
  queue.add('never');
  await settle();
  assert.not(ended);
  finish();
  assert.is(await end, 'bug');
});

workers.run();
