import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../../lib/fault.js';
import { EventRecorder } from '../../../../integrations/k8s-controller/src/apply/event-recorder.js';
import { StatusWriter } from '../../../../integrations/k8s-controller/src/apply/status-writer.js';
import { refusal, startApiServer, type Said } from '../../../lib/kubernetes/api-server.js';
import { namespace } from '../support/objects.js';

const statuses = suite('k8s-controller/apply/status-writer');

const reference = { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', name: 'a', namespace: 'tenant' };
const condition = (status: 'True' | 'False', reason: string): { type: string; status: 'True' | 'False'; reason: string; message: string; lastTransitionTime: string; observedGeneration: number } => ({ type: 'PolicyActive', status, reason, message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 });
const change = { reference, metadata: { uid: 'u', resourceVersion: '7' }, before: { conditions: [] }, after: { conditions: [condition('True', 'PolicyActive')] } };

const writer = (write: () => Promise<void>): { readonly written: StatusWriter; readonly told: string[] } => {
  const told: string[] = [];
  return { written: new StatusWriter({ writeStatus: write }, ({ name, uid }, { type, reason }) => told.push(`${name} ${uid} ${type} ${reason}`)), told };
};

statuses('a status that says something new is written and told of', async () => {
  const { written, told } = writer(() => Promise.resolve());
  assert.equal(await written.write(change), []);
  assert.equal(told, ['a u Normal PolicyActive']);
});

statuses('a status that says the same, in whatever order, is not written', async () => {
  const { written, told } = writer(() => Promise.reject(new Error('it is written')));
  assert.equal(await written.write({ ...change, before: { a: 1, b: 2 }, after: { b: 2, a: 1 } }), []);
  assert.equal(told, []);
});

statuses('an object that is gone needs no status', async () => {
  const { written } = writer(() => Promise.reject(new Fault('KUBERNETES_NOT_FOUND', 'gone')));
  assert.equal(await written.write(change), []);
});

statuses('nothing is told of a status that could not be written', async () => {
  const { written, told } = writer(() => Promise.reject(new Fault('KUBERNETES_CONFLICT', 'somebody was faster')));
  assert.equal((await written.write(change)).map(({ expected }) => expected), [true]);
  assert.equal(told, []);
});

/** Records an Event and gives what was asked for, once it is. */
const recorded = async (regarding: Parameters<EventRecorder['record']>[0], message: string, said: Said = { body: {} }): Promise<{ readonly url: string; readonly event: Readonly<Record<string, unknown>>; readonly errors: readonly unknown[] }> => {
  const errors: unknown[] = [];
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  await using server = await startApiServer(() => {
    settle();
    return said;
  });
  new EventRecorder(server.client, 'pod-1', () => '2026-01-01T00:00:00Z', (error) => errors.push(error)).record(regarding, { type: 'Warning', reason: 'PolicyRejected', message });
  await settled;
  const [asked] = server.asked;
  return { url: asked?.url ?? '', event: JSON.parse(asked?.body ?? '') as Readonly<Record<string, unknown>>, errors };
};

statuses('C24: an Event stands beside the object that it is about', async () => {
  const { url, event } = await recorded({ ...reference, uid: 'u' }, 'why');
  assert.match(url, /^\/api\/v1\/namespaces\/tenant\/events/);
  assert.equal(event['involvedObject'], { ...reference, uid: 'u' });
  assert.equal([event['type'], event['reason'], event['message'], event['reportingInstance']], ['Warning', 'PolicyRejected', 'why', 'pod-1']);
});

statuses('C24: an Event about an object without a namespace is in `default`', async () => {
  const { url, event } = await recorded({ apiVersion: 'v1', kind: 'PolicyServer', name: namespace, uid: 'u' }, 'why');
  assert.match(url, /^\/api\/v1\/namespaces\/default\/events/);
  assert.not('namespace' in (event['involvedObject'] as object));
});

statuses('a message that is longer than Kubernetes takes is cut', async () => {
  const { event } = await recorded({ ...reference, uid: 'u' }, 'x'.repeat(2000));
  assert.is(String(event['message']).length, 1024);
  assert.match(String(event['message']), /…$/);
});

statuses('an Event that is refused is a lost line and nothing else', async () => {
  const { event } = await recorded({ ...reference, uid: 'u' }, 'why', refusal(403, 'Forbidden'));
  assert.is(event['kind'], 'Event');
});

statuses.run();
