import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { isFault } from '../../../../lib/fault.js';
import { EventRecorder } from '../../../../integrations/k8s-controller/src/apply/event-recorder.js';
import { refusal, startApiServer } from '../../../lib/kubernetes/api-server.js';
import { namespace } from '../support/objects.js';

const events = suite('k8s-controller/apply/event-recorder');

const reference = { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', name: 'a', namespace: 'tenant' };

/** Records an Event and gives what was asked for, once it is. */
const recorded = async (regarding: Parameters<EventRecorder['record']>[0], message: string): Promise<{ readonly url: string; readonly event: Readonly<Record<string, unknown>> }> => {
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  await using server = await startApiServer(() => {
    settle();
    return { body: {} };
  });
  new EventRecorder(server.client, 'pod-1', () => '2026-01-01T00:00:00Z', () => undefined).record(regarding, { type: 'Warning', reason: 'PolicyRejected', message });
  await settled;
  const [asked] = server.asked;
  return { url: asked?.url ?? '', event: JSON.parse(asked?.body ?? '') as Readonly<Record<string, unknown>> };
};

events('C24: an Event stands beside the object that it is about', async () => {
  const { url, event } = await recorded({ ...reference, uid: 'u' }, 'why');
  assert.match(url, /^\/api\/v1\/namespaces\/tenant\/events/);
  assert.equal(event['involvedObject'], { ...reference, uid: 'u' });
  assert.equal([event['type'], event['reason'], event['message'], event['reportingInstance']], ['Warning', 'PolicyRejected', 'why', 'pod-1']);
});

events('C24: an Event about an object without a namespace is in `default`', async () => {
  const { url, event } = await recorded({ apiVersion: 'v1', kind: 'PolicyServer', name: namespace, uid: 'u' }, 'why');
  assert.match(url, /^\/api\/v1\/namespaces\/default\/events/);
  assert.not('namespace' in (event['involvedObject'] as object));
});

events('a message that is longer than Kubernetes takes is cut', async () => {
  const { event } = await recorded({ ...reference, uid: 'u' }, 'x'.repeat(2000));
  assert.is(String(event['message']).length, 1024);
  assert.match(String(event['message']), /…$/);
});

events('an Event that is refused is told of and is nothing worse', async () => {
  await using server = await startApiServer(() => refusal(403, 'Forbidden'));
  const told = await new Promise((resolve) => new EventRecorder(server.client, 'pod-1', () => '2026-01-01T00:00:00Z', resolve).record({ ...reference, uid: 'u' }, { type: 'Normal', reason: 'r', message: 'm' }));
  assert.ok(isFault(told, 'KUBERNETES_FORBIDDEN'));
});

events.run();
