import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { StuckWorkers } from '../../../../integrations/webhook-server/src/telemetry/stuck-workers.js';

const stuck = suite('webhook-server/telemetry/stuck-workers');

stuck('a thread counts from when it is found to be stuck until it is gone', () => {
  const workers = new StuckWorkers();
  assert.is(workers.count, 0);
  workers.event({ kind: 'worker-stuck', workerId: 1, waitedMs: 5000 });
  workers.event({ kind: 'worker-stuck', workerId: 2, waitedMs: 5000 });
  assert.is(workers.count, 2);
  workers.event({ kind: 'worker-stopped', workerId: 1, reason: 'x' });
  workers.event({ kind: 'worker-stopped', workerId: 3, reason: 'x' });
  workers.event({ kind: 'worker-started', workerId: 4, startMs: 1 });
  assert.is(workers.count, 1);
});

stuck.run();
