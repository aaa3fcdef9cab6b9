import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { AnswerCache } from '../../../../lib/capabilities/oci/answer-cache.js';

const cache = suite('capabilities/oci/answer-cache');

const signal = new AbortController().signal;

function open(limits: { readonly maxEntries?: number; readonly maxBytes?: number } = {}) {
  let nowMs = 0;
  const fetched: string[] = [];
  const answers = new AnswerCache({ ttlMs: 60_000, nowMs: () => nowMs, maxEntries: 3, maxBytes: 100, ...limits });
  return {
    fetched,
    wait: (durationMs: number) => void (nowMs += durationMs),
    get: (key: string, size = 10) => answers.get(key, signal, () => {
      fetched.push(key);
      return Promise.resolve(new Uint8Array(size));
    }),
    answers,
  };
}

cache('an answer is kept for its time and not longer', async () => {
  const { get, fetched, wait } = open();
  await get('a');
  wait(59_999);
  await get('a');
  assert.equal(fetched, ['a']);
  wait(1);
  await get('a');
  assert.equal(fetched, ['a', 'a']);
});

cache('an answer lives from when it came, however often it is asked for', async () => {
  const { get, fetched, wait } = open();
  for (let times = 0; times < 4; times += 1) {
    await get('a');
    wait(20_000);
  }
  assert.equal(fetched, ['a', 'a']);
});

cache('failures are not kept', async () => {
  const { answers, fetched, get } = open();
  let message = '';
  await answers.get('a', signal, () => Promise.reject(new Error('no'))).catch((error: unknown) => (message = String(error)));
  assert.is(message, 'Error: no');
  await get('a');
  assert.equal(fetched, ['a']);
});

cache('those who ask at the same time wait for one fetch', async () => {
  const { get, fetched } = open();
  await Promise.all([get('a'), get('a'), get('b'), get('a')]);
  assert.equal(fetched, ['a', 'b']);
});

cache('the oldest answers go when there are too many', async () => {
  const { get, fetched } = open();
  for (const key of ['a', 'b', 'c', 'd', 'b', 'a']) await get(key);
  assert.equal(fetched, ['a', 'b', 'c', 'd', 'a']);
});

cache('the oldest answers go when they are too large together', async () => {
  const { get, fetched } = open();
  await get('a', 60);
  await get('b', 50);
  await get('b');
  await get('a');
  assert.equal(fetched, ['a', 'b', 'a']);
});

cache('an answer that is larger than all may be is given and not kept, and costs no other its place', async () => {
  const { get, fetched } = open();
  await get('a');
  assert.is((await get('b', 101)).byteLength, 101);
  await get('a');
  await get('b', 101);
  assert.equal(fetched, ['a', 'b', 'b']);
});

cache.run();
