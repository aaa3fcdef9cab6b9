import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { linkSignal } from '../../../lib/kubernetes/linked-signal.js';

const signals = suite('kubernetes/linked-signal');

signals('it fires with the other one, with its reason', () => {
  const outer = new AbortController();
  const { signal, release } = linkSignal(outer.signal);
  outer.abort('because');
  assert.equal([signal.aborted, signal.reason], [true, 'because']);
  release();
});

signals('it fires at once where the other one has', () => {
  const { signal, release } = linkSignal(AbortSignal.abort('because'));
  assert.equal([signal.aborted, signal.reason], [true, 'because']);
  release();
});

signals('it fires after its limit as a time-out', async () => {
  const { signal, release } = linkSignal(undefined, 1);
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  assert.is((signal.reason as Error).name, 'TimeoutError');
  release();
});

signals('released, it follows nothing any more', () => {
  const outer = new AbortController();
  const { signal, release } = linkSignal(outer.signal, 1);
  release();
  outer.abort();
  assert.not(signal.aborted);
});

signals.run();
