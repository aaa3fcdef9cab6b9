import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ApiObject, ObjectMetadata } from '../../../lib/kubernetes/api-object.js';
import { byLabel, byNamespace, byOwner, type Change, ObjectStore } from '../../../lib/kubernetes/store.js';

const stores = suite('kubernetes/store');

function pod(name: string, version: number, metadata: Partial<ObjectMetadata> = {}): ApiObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { namespace: 'n', uid: `uid-${name}`, ...metadata, name, resourceVersion: String(version) } };
}

function newStore(): ObjectStore<ApiObject, 'namespace' | 'owner' | 'app'> {
  return new ObjectStore<ApiObject, 'namespace' | 'owner' | 'app'>({ namespace: byNamespace, owner: byOwner, app: byLabel('app') });
}

const names = (objects: readonly ApiObject[]): string[] => objects.map(({ metadata }) => metadata.name).sort();

stores('a new object is added, a new version modifies it, and the last one is deleted', () => {
  const store = newStore();
  const [first, second] = [pod('a', 1), pod('a', 2)];
  assert.equal(store.set(first), [{ kind: 'added', object: first }]);
  assert.equal(store.set(second), [{ kind: 'modified', object: second, previous: first }]);
  assert.is(store.get('n/a'), second);
  assert.equal(store.delete(pod('a', 3)), [{ kind: 'deleted', previous: pod('a', 3) }]);
  assert.is(store.size, 0);
  assert.is(store.get('n/a'), undefined);
});

stores('the version that is there already changes nothing', () => {
  const store = newStore();
  store.set(pod('a', 1));
  assert.equal(store.set(pod('a', 1)), []);
});

stores('objects without a version are always news', () => {
  const store = newStore();
  const metric: ApiObject = { apiVersion: 'metrics.k8s.io/v1beta1', kind: 'PodMetrics', metadata: { name: 'a' } };
  store.set(metric);
  assert.is(store.set({ ...metric }).length, 1);
});

stores('another object under the same name is a deletion and an addition', () => {
  const store = newStore();
  const [first, second] = [pod('a', 1), pod('a', 2, { uid: 'other' })];
  store.set(first);
  assert.equal(store.set(second), [
    { kind: 'deleted', previous: first },
    { kind: 'added', object: second },
  ]);
});

stores('the deletion of what is not there changes nothing', () => assert.equal(newStore().delete(pod('a', 1)), []));

stores('replacing tells only the differences', () => {
  const store = newStore();
  store.replace([pod('kept', 1), pod('changed', 2), pod('gone', 3)]);
  assert.equal(store.replace([pod('new', 6), pod('changed', 5), pod('kept', 1)]), [
    { kind: 'deleted', previous: pod('gone', 3) },
    { kind: 'added', object: pod('new', 6) },
    { kind: 'modified', object: pod('changed', 5), previous: pod('changed', 2) },
  ]);
  assert.equal(names([...store.values()]), ['changed', 'kept', 'new']);
});

stores('indexes find by namespace, owner and label, and follow every change', () => {
  const store = newStore();
  const owner = { apiVersion: 'v1', kind: 'Job', name: 'j', uid: 'job' };
  store.replace([pod('a', 1, { labels: { app: 'x' }, ownerReferences: [owner, { ...owner, uid: 'second' }] }), pod('b', 2, { labels: { app: 'x' }, namespace: 'm' }), pod('c', 3)]);
  assert.equal(names(store.found('app', 'x')), ['a', 'b']);
  assert.equal(names(store.found('namespace', 'm')), ['b']);
  assert.equal(names(store.found('owner', 'second')), ['a']);
  store.set(pod('a', 4, { labels: { app: 'y' } }));
  assert.equal(names(store.found('app', 'x')), ['b']);
  assert.equal(names(store.found('app', 'y')), ['a']);
  assert.equal(store.found('owner', 'job'), []);
  store.delete(pod('b', 5, { namespace: 'm' }));
  assert.equal(store.found('namespace', 'm'), []);
});

stores('labels with names of Object.prototype are found like others', () => {
  const store = new ObjectStore<ApiObject, 'label'>({ label: byLabel('constructor') });
  store.set(pod('a', 1));
  store.set(pod('b', 1, { labels: { constructor: 'x' } }));
  assert.equal(names(store.found('label', 'x')), ['b']);
});

stores('a cluster-scoped object is in no namespace', () => {
  const store = newStore();
  store.set({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'a', uid: 'u' } });
  assert.ok(store.get('a'));
  assert.equal(store.found('namespace', ''), []);
});

const operation = fc.record(
  { act: fc.constantFrom('set', 'set', 'delete', 'replace'), name: fc.constantFrom('a', 'b', 'c', 'd'), app: fc.constantFrom('x', 'y', undefined), uid: fc.constantFrom('1', '2'), others: fc.subarray(['a', 'b', 'c', 'd']) },
  { noNullPrototype: true },
);

stores('after any changes the store, its indexes and the told changes agree', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const store = newStore();
      const told = new Map<string, ApiObject>();
      const tell = (changes: readonly Change<ApiObject>[]): void => {
        for (const change of changes) {
          const { name } = change.kind === 'deleted' ? change.previous.metadata : change.object.metadata;
          assert.is(told.has(name), change.kind !== 'added');
          if (change.kind === 'modified') assert.is(told.get(name), change.previous);
          if (change.kind === 'deleted') told.delete(name);
          else told.set(name, change.object);
        }
      };
      operations.forEach(({ act, name, app, uid, others }, version) => {
        const object = pod(name, version, { uid, ...(app === undefined ? {} : { labels: { app } }) });
        if (act === 'set') tell(store.set(object));
        else if (act === 'delete') tell(store.delete(object));
        else tell(store.replace(others.map((other) => pod(other, version, { uid }))));
      });
      assert.equal([...told.values()].sort(byName), [...store.values()].sort(byName));
      for (const app of ['x', 'y']) assert.equal(names(store.found('app', app)), names([...store.values()].filter(({ metadata }) => metadata.labels?.['app'] === app)));
      assert.equal(names(store.found('namespace', 'n')), names([...store.values()]));
    }),
    { seed: 7, numRuns: 400 },
  );
});

function byName(a: ApiObject, b: ApiObject): number {
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

stores.run();
