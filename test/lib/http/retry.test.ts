import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import type { NetworkEvent } from '../../../lib/http/network-event.js';
import { defaultRetryPolicy, parseRetryAfter, retrying } from '../../../lib/http/retry.js';
import { rejectionOf } from '../../support/rejection.js';

const retry = suite('http/retry');

const failing = (options: { readonly retryable: boolean; readonly retryAfterMs?: number }) =>
  new Fault('REGISTRY_OVERLOADED', 'too much', { retryable: options.retryable, context: options.retryAfterMs === undefined ? {} : { retryAfterMs: options.retryAfterMs } });

/** Runs work that fails as told before it succeeds, on a clock that only notes how long it should wait. */
function run(failures: readonly Error[], { random = 0, signal = new AbortController().signal, onSleep = (): void => undefined } = {}) {
  const waits: number[] = [];
  const events: NetworkEvent[] = [];
  let calls = 0;
  const clock = { nowMs: () => 0, random: () => random, sleep: (durationMs: number) => Promise.resolve(void waits.push(durationMs)).then(onSleep) };
  const work = () => {
    const failure = failures[calls];
    calls += 1;
    return failure === undefined ? Promise.resolve('done') : Promise.reject(failure);
  };
  const result = retrying('reach it', work, signal, { policy: defaultRetryPolicy, clock, onEvent: (event) => void events.push(event) });
  return { result, waits, events, calls: () => calls };
}

const again = failing({ retryable: true });

retry('what succeeds is done once', async () => {
  const { result, calls } = run([]);
  assert.is(await result, 'done');
  assert.is(calls(), 1);
});

retry('waits grow, half of each left to chance', async () => {
  const least = run([again, again, again]);
  await least.result;
  assert.equal(least.waits, [500, 1000, 2000]);
  const most = run([again, again, again], { random: 1 });
  await most.result;
  assert.equal(most.waits, [1000, 2000, 4000]);
});

retry('after the last attempt its own failure comes out', async () => {
  const { result, calls } = run([again, again, again, failing({ retryable: true, retryAfterMs: 1 })]);
  assert.is((await rejectionOf(result)).message, 'too much');
  assert.is(calls(), 4);
});

retry('what cannot succeed is not tried again', async () => {
  const { result, calls } = run([failing({ retryable: false })]);
  await rejectionOf(result);
  assert.is(calls(), 1);
});

retry('a bug is not tried again', async () => {
  const { result, calls } = run([new TypeError('mine')]);
  let message = '';
  await result.catch((error: unknown) => (message = error instanceof Error ? error.message : ''));
  assert.is(message, 'mine');
  assert.is(calls(), 1);
});

retry("a server's wish is followed", async () => {
  const { result, waits } = run([failing({ retryable: true, retryAfterMs: 30_000 }), failing({ retryable: true, retryAfterMs: 0 })]);
  await result;
  assert.equal(waits, [30_000, 0]);
});

retry('a server that asks for more than the bound is given up at once', async () => {
  const { result, calls } = run([failing({ retryable: true, retryAfterMs: 30_001 })]);
  await rejectionOf(result);
  assert.is(calls(), 1);
});

retry('nothing is tried after the signal', async () => {
  const controller = new AbortController();
  const { result, calls } = run([again], { signal: controller.signal, onSleep: () => controller.abort() });
  assert.is((await rejectionOf(result)).code, 'HTTP_ABORTED');
  assert.is(calls(), 1);
});

retry('each wait is told', async () => {
  const { result, events } = run([again]);
  await result;
  assert.equal(events, [{ kind: 'attempt-failed', what: 'reach it', because: 'too much', attempt: 1, delayMs: 500 }]);
});

const wishes: readonly (readonly [string, string | undefined, number | undefined])[] = [
  ['seconds', '120', 120_000],
  ['no seconds', '0', 0],
  ['a date', 'Thu, 01 Jan 1970 00:01:00 GMT', 50_000],
  ['a date gone by', 'Thu, 01 Jan 1970 00:00:01 GMT', 0],
  ['nothing', undefined, undefined],
  ['nonsense', 'soon', undefined],
];
for (const [title, header, expected] of wishes) {
  retry(`Retry-After: ${title}`, () => assert.is(parseRetryAfter(header, 10_000), expected));
}

retry.run();
