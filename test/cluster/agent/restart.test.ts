// Tests of the restart rules.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pod } from '../api/objects.js';
import { RestartBackoff, restarts, type ContainerRole } from './restart.js';

const restart = suite('cluster/agent/restart');

type Policy = 'Always' | 'OnFailure' | 'Never';
const podWith = (restartPolicy: Policy): Pod => ({ metadata: { name: 'p', uid: 'u', resourceVersion: '1' }, spec: { containers: [], restartPolicy } });

const rules: readonly (readonly [Policy, ContainerRole, number, boolean])[] = [
  ['Always', 'app', 0, true],
  ['OnFailure', 'app', 0, false],
  ['OnFailure', 'app', 1, true],
  ['Never', 'app', 1, false],
  ['Always', 'init', 0, false],
  ['Always', 'init', 1, true],
  ['Never', 'init', 1, false],
  ['Never', 'sidecar', 0, true],
];
for (const [policy, role, exitCode, wanted] of rules) {
  restart(`${wanted ? 'restarts' : 'does not restart'} an ${role} container that exited with ${exitCode} under ${policy}`, () => assert.is(restarts(podWith(policy), role, exitCode), wanted));
}

restart('restarts at once the first time, then doubles the wait up to five minutes', () => {
  const backoff = new RestartBackoff(10_000);
  assert.equal(Array.from({ length: 8 }, () => backoff.next(1_000)), [0, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]);
});

restart('forgives a container that ran for ten minutes', () => {
  const backoff = new RestartBackoff(10_000);
  backoff.next(0);
  backoff.next(0);
  assert.equal([backoff.next(600_000), backoff.next(0)], [0, 10_000]);
});

restart.run();
