// `npm run cluster:down`: ends the cluster that `cluster:up` started.

import { setTimeout as delay } from 'node:timers/promises';
import { clearState, runningCluster } from './state.js';

const POLL_MS = 100;

/** Longest wait for the cluster to end, in milliseconds. */
const END_MS = 30_000;

const runner = await runningCluster();
if (runner === undefined) {
  process.stdout.write('no cluster runs\n');
} else {
  process.kill(runner.pid, 'SIGTERM');
  const deadline = Date.now() + END_MS;
  while ((await runningCluster()) !== undefined && Date.now() < deadline) await delay(POLL_MS);
  process.stdout.write((await runningCluster()) === undefined ? 'the cluster is gone\n' : `process ${runner.pid} did not end\n`);
}
if ((await runningCluster()) === undefined) await clearState();
else process.exitCode = 1;
