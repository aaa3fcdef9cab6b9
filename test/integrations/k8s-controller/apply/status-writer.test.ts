import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { Fault } from 'wasmwarden';

import { StatusWriter, type StatusChange } from '../../../../integrations/k8s-controller/src/apply/status-writer.js';

const statuses = suite('k8s-controller/apply/status-writer');

const reference = { apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', name: 'a' };
const change = (resourceVersion: string, word: string, before?: StatusChange['before']): StatusChange => ({ reference, metadata: { uid: 'u', resourceVersion }, before, after: { policyStatus: word } });

/** A writer whose writes are noted as the version that they replaced. */
function newWriter(answer: (replaced: string | undefined) => Promise<string | undefined> = (replaced) => Promise.resolve(`${String(replaced)}+`)): { readonly writer: StatusWriter; readonly writes: (string | undefined)[] } {
  const writes: (string | undefined)[] = [];
  const writer = new StatusWriter(
    {
      writeStatus: (_reference, { resourceVersion }) => {
        writes.push(resourceVersion);
        return answer(resourceVersion);
      },
    },
    () => undefined,
  );
  return { writer, writes };
}

statuses('a status that says the same is not written', async () => {
  const { writer, writes } = newWriter();
  assert.equal(await writer.write(change('1', 'pending', { policyStatus: 'pending' })), []);
  assert.equal(writes, []);
});

statuses('while the object is still seen as it was before our own write, nothing is written on top of it', async () => {
  const { writer, writes } = newWriter();
  await writer.write(change('1', 'pending'));
  assert.equal(await writer.write(change('1', 'active')), []);
  assert.equal(writes, ['1']);
  await writer.write(change('2', 'active'));
  assert.equal(writes, ['1', '2']);
});

statuses('a write that failed is not waited for', async () => {
  const { writer, writes } = newWriter(() => Promise.reject(new Fault('KUBERNETES_CONFLICT', 'it has changed')));
  assert.is((await writer.write(change('1', 'pending'))).length, 1);
  await writer.write(change('1', 'pending'));
  assert.equal(writes, ['1', '1']);
});

statuses('nor is one that changed nothing, for no news of it will come', async () => {
  const { writer, writes } = newWriter((replaced) => Promise.resolve(replaced));
  await writer.write(change('1', 'pending'));
  await writer.write(change('1', 'active'));
  assert.equal(writes, ['1', '1']);
});

statuses('an object that is gone needs no status', async () => {
  const { writer } = newWriter(() => Promise.reject(new Fault('KUBERNETES_NOT_FOUND', 'gone')));
  assert.equal(await writer.write(change('1', 'pending')), []);
});

statuses('what a status says anew is told of, once it is written and not when it could not be', async () => {
  const after = { conditions: [{ type: 'PolicyActive', status: 'True', reason: 'PolicyActive', message: 'm', lastTransitionTime: '2026-01-01T00:00:00Z', observedGeneration: 1 }] } as const;
  const toldOf = async (writeStatus: () => Promise<string>): Promise<readonly string[]> => {
    const told: string[] = [];
    await new StatusWriter({ writeStatus }, ({ name, uid }, { type, reason }) => told.push(`${name} ${uid} ${type} ${reason}`)).write({ reference, metadata: { uid: 'u', resourceVersion: '1' }, before: { conditions: [] }, after });
    return told;
  };
  assert.equal(await toldOf(() => Promise.resolve('2')), ['a u Normal PolicyActive']);
  assert.equal(await toldOf(() => Promise.reject(new Fault('KUBERNETES_CONFLICT', 'it has changed'))), []);
});

statuses.run();
