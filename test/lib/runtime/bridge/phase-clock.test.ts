// The clock that a worker and its pool share.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { monotonicNow } from '../../../../lib/deadline.js';
import { PhaseClock } from '../../../../lib/runtime/bridge/phase-clock.js';

const clocks = suite('runtime/bridge/phase-clock');

clocks('a new clock shows no phase', () => assert.is(new PhaseClock().read(), undefined));

for (const phase of ['start', 'call'] as const) {
  clocks(`the other side sees the phase ${phase} and its beginning`, () => {
    const clock = new PhaseClock();
    const other = new PhaseClock(clock.buffer);
    const before = monotonicNow();
    clock.enter(phase);
    const reading = other.read();
    assert.is(reading?.phase, phase);
    assert.ok(reading !== undefined && reading.sinceMs >= before && reading.sinceMs <= monotonicNow());
  });
}

clocks('after the work there is no phase, until the next begins', () => {
  const clock = new PhaseClock();
  clock.enter('call');
  clock.leave();
  assert.is(clock.read(), undefined);
  clock.enter('start');
  assert.is(clock.read()?.phase, 'start');
});

clocks.run();
