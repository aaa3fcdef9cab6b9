import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { fakeResolver } from '../../../lib/testing/fake-resolver.js';
import { manualClock } from '../../../lib/testing/manual-clock.js';

const fakes = suite('testing/manual-clock');

fakes('a manual clock stands until it is moved', () => {
  const clock = manualClock('2026-03-01T00:00:00Z');
  assert.is(clock.now().toISOString(), '2026-03-01T00:00:00.000Z');
  clock.advance(1500);
  assert.is(clock.now().toISOString(), '2026-03-01T00:00:01.500Z');
  clock.set('2027-01-01T00:00:00Z');
  assert.is(clock.now().getUTCFullYear(), 2027);
});

fakes('a fake resolver knows what it was told and nothing else', async () => {
  const resolve = fakeResolver({ 'example.com': ['10.0.0.1'] });
  assert.equal(await resolve('example.com', new AbortController().signal), ['10.0.0.1']);
  for (const host of ['other.com', 'toString']) {
    assert.match(await resolve(host, new AbortController().signal).then(String, (thrown: unknown) => (thrown as Error).message), /no address is known/);
  }
});

fakes.run();
