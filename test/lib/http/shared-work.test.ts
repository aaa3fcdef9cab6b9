import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { SharedWork } from '../../../lib/http/shared-work.js';
import { rejectionOf } from '../../support/rejection.js';

const shared = suite('http/shared-work');

/** Work that is finished by hand. */
function manual() {
  let starts = 0;
  let finish: (value: string) => void = () => undefined;
  let fail: (error: Error) => void = () => undefined;
  const signals: AbortSignal[] = [];
  return {
    work: (signal: AbortSignal) => {
      starts += 1;
      signals.push(signal);
      return new Promise<string>((resolve, reject) => {
        finish = resolve;
        fail = reject;
      });
    },
    finish: (value: string) => finish(value),
    fail: (error: Error) => fail(error),
    starts: () => starts,
    signals,
  };
}
const unbounded = () => new AbortController().signal;

shared('callers of one key share one work and its result', async () => {
  const joiner = new SharedWork<string>();
  const job = manual();
  const results = [1, 2, 3].map(() => joiner.join('k', unbounded(), job.work));
  job.finish('x');
  assert.equal(await Promise.all(results), ['x', 'x', 'x']);
  assert.is(job.starts(), 1);
});

shared('different keys do not share', () => {
  const joiner = new SharedWork<string>();
  const job = manual();
  void joiner.join('a', unbounded(), job.work);
  void joiner.join('b', unbounded(), job.work);
  assert.is(job.starts(), 2);
});

shared('a failure reaches everybody, and the next caller starts anew', async () => {
  const joiner = new SharedWork<string>();
  const job = manual();
  const first = joiner.join('k', unbounded(), job.work);
  const second = joiner.join('k', unbounded(), job.work);
  job.fail(new Error('no'));
  const outcomes = await Promise.allSettled([first, second]);
  assert.equal(outcomes.map(({ status }) => status), ['rejected', 'rejected']);
  const third = joiner.join('k', unbounded(), job.work);
  job.finish('y');
  assert.is(await third, 'y');
  assert.is(job.starts(), 2);
});

shared('one caller who leaves does not end the work of the others', async () => {
  const joiner = new SharedWork<string>();
  const job = manual();
  const leaver = new AbortController();
  const left = joiner.join('k', leaver.signal, job.work);
  const stayed = joiner.join('k', unbounded(), job.work);
  leaver.abort();
  assert.is((await rejectionOf(left)).code, 'HTTP_ABORTED');
  assert.is(job.signals[0]?.aborted, false);
  job.finish('x');
  assert.is(await stayed, 'x');
});

shared('the last caller who leaves ends the work, and nobody joins what was ended', async () => {
  const joiner = new SharedWork<string>();
  const job = manual();
  const leaver = new AbortController();
  const left = joiner.join('k', leaver.signal, job.work);
  leaver.abort();
  await rejectionOf(left);
  assert.is(job.signals[0]?.aborted, true);
  const next = joiner.join('k', unbounded(), job.work);
  job.finish('x');
  assert.is(await next, 'x');
  assert.is(job.starts(), 2);
});

shared('a caller whose signal has fired starts nothing', async () => {
  const job = manual();
  await rejectionOf(new SharedWork<string>().join('k', AbortSignal.abort(), job.work));
  assert.is(job.starts(), 0);
});

shared.run();
