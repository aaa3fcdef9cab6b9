import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../../lib/fault.js';
import { mintAuthority } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { authorityData } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import { Reconciler } from '../../../../integrations/k8s-controller/src/control/reconciler.js';
import { createLog } from '../../../../integrations/k8s-controller/src/telemetry/log.js';
import type { Subject } from '../../../../integrations/k8s-controller/src/world/keys.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { settle, SteadyTestClock } from '../../../support/steady-test-clock.js';
import { namespace } from '../support/objects.js';
import { now, surroundings, type Circumstances } from '../support/surroundings.js';

const reconcilers = suite('k8s-controller/control/reconciler');

const authority: ApiObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kubewarden-ca', namespace, uid: 'u', resourceVersion: '1' }, data: authorityData({ ...(await mintAuthority(now)), previous: undefined }) };
const unknown: readonly Subject[] = [
  { kind: 'policy-server', name: 'gone' },
  { kind: 'policy', policy: { kind: 'ClusterAdmissionPolicy', name: 'gone' } },
  { kind: 'policy', policy: { kind: 'AdmissionPolicy', namespace: 'ns', name: 'gone' } },
];

/** Works on subjects for some time; tells what became of each try, and what was logged. */
async function worked(subjects: readonly Subject[], circumstances: Circumstances, durationMs: number): Promise<{ readonly results: readonly string[]; readonly logged: string }> {
  const results: string[] = [];
  let logged = '';
  const clock = new SteadyTestClock();
  const reconciler = new Reconciler({ surroundings: surroundings([authority], circumstances), metrics: { reconciled: (controller, result) => void results.push(`${controller} ${result}`) }, log: createLog('info', (line) => (logged += line)), clock });
  reconciler.add(subjects);
  reconciler.add(subjects);
  assert.is(reconciler.length, subjects.length);
  const stop = new AbortController();
  const running = reconciler.run(stop.signal);
  await settle();
  await clock.advance(durationMs);
  stop.abort();
  await running;
  return { results, logged };
}

reconcilers('each subject is worked on once, however often it was asked for; one that is gone is no trouble', async () => {
  const { results, logged } = await worked(unknown, {}, 0);
  assert.equal(results, ['policyserver success', 'clusteradmissionpolicy success', 'admissionpolicy success']);
  assert.is(logged, '');
});

reconcilers('what is to be looked at later is looked at then', async () => {
  const { results } = await worked([{ kind: 'own-webhooks' }], { serves: false }, 2_500);
  assert.equal(results, ['own-webhooks requeue_after', 'own-webhooks requeue_after', 'own-webhooks requeue_after']);
});

reconcilers('what failed is tried again, and each failure is logged with its subject', async () => {
  let tries = 0;
  const perform = (): Promise<void> => ((tries += 1) <= 2 ? Promise.reject(new Fault('KUBERNETES_FORBIDDEN', 'not allowed')) : Promise.resolve());
  const { results, logged } = await worked([{ kind: 'own-webhooks' }], { perform }, 10_000);
  assert.equal(results, ['own-webhooks error', 'own-webhooks error', 'own-webhooks success']);
  assert.equal(logged.trim().split('\n').map((line) => (JSON.parse(line) as { subject: string; problem: string })).map(({ subject, problem }) => [subject, problem]), [['own-webhooks', 'not allowed'], ['own-webhooks', 'not allowed']]);
});

reconcilers('somebody who was faster is not worth a line', async () => {
  let tries = 0;
  const perform = (): Promise<void> => ((tries += 1) === 1 ? Promise.reject(new Fault('KUBERNETES_CONFLICT', 'it has changed')) : Promise.resolve());
  const { results, logged } = await worked([{ kind: 'own-webhooks' }], { perform }, 10_000);
  assert.equal([results, logged], [['own-webhooks error', 'own-webhooks success'], '']);
});

reconcilers('told to stop before it began, it does nothing', async () => {
  const reconciler = new Reconciler({ surroundings: surroundings([]), metrics: { reconciled: () => assert.unreachable() }, log: createLog('error', () => undefined), clock: new SteadyTestClock() });
  reconciler.add([{ kind: 'certificates' }]);
  await reconciler.run(AbortSignal.abort());
});

reconcilers.run();
