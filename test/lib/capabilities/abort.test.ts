import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { settledUnlessAborted } from '../../../lib/capabilities/abort.js';

const abort = suite('capabilities/abort');
const endless = () => new Promise<number>(() => undefined);

async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
    return undefined;
  } catch (error) {
    return error;
  }
}

abort('hands on what the work came to', async () => {
  assert.equal(await settledUnlessAborted(() => Promise.resolve(7), new AbortController().signal), { kind: 'done', value: 7 });
});

abort('hands on how the work failed', async () => {
  const failure = new Error('broken');
  assert.is(await failureOf(settledUnlessAborted(() => Promise.reject(failure), new AbortController().signal)), failure);
});

abort('hands on how the work failed to begin', async () => {
  const failure = new Error('broken');
  const thrown = () => {
    throw failure;
  };
  assert.is(await failureOf(settledUnlessAborted(thrown, new AbortController().signal)), failure);
});

abort('does not begin when the signal has fired', async () => {
  let begun = false;
  const work = () => {
    begun = true;
    return endless();
  };
  assert.equal(await settledUnlessAborted(work, AbortSignal.abort()), { kind: 'aborted' });
  assert.not(begun);
});

abort('goes on when the signal fires, though the work never ends', async () => {
  const controller = new AbortController();
  const settled = settledUnlessAborted(endless, controller.signal);
  controller.abort();
  assert.equal(await settled, { kind: 'aborted' });
});

abort('a failure after the signal is nobody\'s unhandled rejection', async () => {
  const controller = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const settled = settledUnlessAborted(() => new Promise<number>((_, reject) => (fail = reject)), controller.signal);
  controller.abort();
  await settled;
  fail(new Error('late'));
  // An unhandled rejection would end this process with an error before the next turn of the event loop.
  await new Promise((resolve) => setImmediate(resolve));
});

abort.run();
