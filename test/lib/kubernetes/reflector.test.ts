import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import type { ListPage } from '../../../lib/kubernetes/pages.js';
import { Reflector, type ReflectorEvent, type ReflectorOptions } from '../../../lib/kubernetes/reflector.js';
import type { ApiResource } from '../../../lib/kubernetes/resource.js';
import { byNamespace, type Change, ObjectStore } from '../../../lib/kubernetes/store.js';
import { settle, SteadyTestClock } from '../../support/steady-test-clock.js';
import { noTroubles, SimulatedCollection } from './simulated-collection.js';

const reflectors = suite('kubernetes/reflector');

const resource: ApiResource = { group: '', version: 'v1', plural: 'configmaps', kind: 'ConfigMap', namespaced: true };

interface Setting {
  readonly clock: SteadyTestClock;
  readonly collection: SimulatedCollection;
  readonly store: ObjectStore<ApiObject, 'namespace'>;
  readonly changes: Change<ApiObject>[];
  readonly events: ReflectorEvent[];
  readonly reflector: Reflector<ApiObject, 'namespace'>;
  readonly stop: AbortController;
  readonly running: Promise<void>;
}

function start(seed: number, options: Partial<ReflectorOptions<ApiObject, 'namespace'>> = {}, prepare: (collection: SimulatedCollection) => void = () => undefined): Setting {
  const clock = new SteadyTestClock({ seed });
  const collection = new SimulatedCollection(clock.random);
  prepare(collection);
  const store = new ObjectStore<ApiObject, 'namespace'>({ namespace: byNamespace });
  const changes: Change<ApiObject>[] = [];
  const events: ReflectorEvent[] = [];
  const stop = new AbortController();
  const reflector = new Reflector<ApiObject, 'namespace'>({ client: collection, collection: { resource }, trim: (object) => object, store, onChange: (change) => changes.push(change), onEvent: (event) => events.push(event), clock, ...options });
  return { clock, collection, store, changes, events, reflector, stop, running: reflector.run(stop.signal) };
}

const versions = (objects: Iterable<ApiObject>): string[] => [...objects].map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion ?? ''}`).sort();
const kinds = (changes: readonly Change<ApiObject>[]): string[] => changes.map((change) => `${change.kind} ${(change.kind === 'deleted' ? change.previous : change.object).metadata.name}`);

const versionOf = ({ metadata }: ApiObject): number => Number(metadata.resourceVersion);

/** Replays what was told; fails where it does not fit together. */
function replayed(changes: readonly Change<ApiObject>[]): Iterable<ApiObject> {
  const told = new Map<string, ApiObject>();
  for (const change of changes) {
    const { name } = (change.kind === 'deleted' ? change.previous : change.object).metadata;
    assert.is(told.has(name), change.kind !== 'added', `${change.kind} ${name}`);
    if (change.kind === 'modified') assert.ok(versionOf(change.object) > versionOf(change.previous), `${name} went back in time`);
    if (change.kind === 'deleted') told.delete(name);
    else told.set(name, change.object);
  }
  return told.values();
}

reflectors('lists, announces, and follows every change', async () => {
  const { collection, store, changes, reflector, events, stop, running } = start(1, {}, (given) => ['a', 'b', 'c', 'd'].forEach((name) => given.put(name)));
  assert.is(await reflector.synced, true);
  assert.equal(events, [{ kind: 'listed', count: 4, resourceVersion: '5' }]);
  assert.is(store.found('namespace', 'n').length, 4);
  collection.put('b');
  collection.remove('c');
  collection.put('e');
  await settle();
  assert.equal(kinds(changes), ['added a', 'added b', 'added c', 'added d', 'modified b', 'deleted c', 'added e']);
  stop.abort();
  await running;
  assert.equal(versions(store.values()), versions(collection.objects));
});

reflectors('an object deleted while nobody watched is told after the listing, with its last known state', async () => {
  const { clock, collection, changes, stop, running } = start(1, {}, (given) => given.put('a'));
  await settle();
  collection.troubles = { ...noTroubles, watchBreaks: 1 };
  collection.kick();
  await settle();
  collection.troubles = noTroubles;
  collection.remove('a');
  collection.compact();
  await clock.advance(60_000);
  assert.equal(kinds(changes), ['added a', 'deleted a']);
  stop.abort();
  await running;
});

reflectors('a failure of every kind is reported with the wait that follows it', async () => {
  const { clock, collection, events, stop, running, reflector } = start(1, {}, (given) => (given.troubles = { ...noTroubles, pageFails: 1 }));
  await settle();
  assert.equal(events.map((event) => (event.kind === 'failed' ? [event.during, event.fault.code, event.delayMs > 0] : [])), [['list', 'KUBERNETES_UNAVAILABLE', true]]);
  collection.troubles = { ...noTroubles, watchRefused: 1 };
  await clock.advance(1000);
  assert.is(await reflector.synced, true);
  assert.equal(events.slice(1).map((event) => (event.kind === 'failed' ? event.during : event.kind)), ['listed', 'watch']);
  stop.abort();
  await running;
});

reflectors('watches end before the client takes silence for a dead connection, and not all at the same time', async () => {
  const { clock, collection, stop, running } = start(1, {}, (given) => (given.troubles = { ...noTroubles, watchRefused: 1 }));
  await clock.advance(300_000);
  assert.ok(collection.watchSeconds.every((seconds) => seconds >= 60 && seconds <= 90), collection.watchSeconds.join());
  assert.ok(new Set(collection.watchSeconds).size > 1);
  stop.abort();
  await running;
});

reflectors('a watch that is refused is not made in a loop, and a resource that is gone is listed until it is back', async () => {
  const refusing = { ...noTroubles, watchRefused: 1 };
  const { clock, collection, stop, running } = start(1, {}, (given) => (given.troubles = refusing));
  await clock.advance(600_000);
  // Waits double up to half a minute: 30 attempts fit, thousands would not.
  assert.ok(collection.watches > 15 && collection.watches < 60, String(collection.watches));
  assert.is(collection.lists, 1);
  stop.abort();
  await running;
});

reflectors('an API that is not served (403, 404) is listed anew instead of watched from a version of the past', async () => {
  const clock = new SteadyTestClock();
  const inner = new SimulatedCollection(clock.random);
  const stop = new AbortController();
  const client = {
    pages: inner.pages.bind(inner),
    watch: (...args: Parameters<typeof inner.watch>) => (inner.lists > 2 ? inner.watch(...args) : failing(new Fault('KUBERNETES_NOT_FOUND', 'no such resource'))),
  };
  const reflector = new Reflector<ApiObject>({ client, collection: { resource }, trim: (object) => object, store: new ObjectStore({}), onChange: () => undefined, clock });
  const running = reflector.run(stop.signal);
  await clock.advance(60_000);
  assert.is(inner.lists, 3);
  assert.is(inner.watches, 1);
  stop.abort();
  await running;
});

reflectors('of a listing that starts over only what came afterwards counts', async () => {
  const clock = new SteadyTestClock();
  const inner = new SimulatedCollection(clock.random);
  const page = (name: string): ListPage => ({ items: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name } }], resourceVersion: '1', continueToken: '', first: true });
  const store = new ObjectStore<ApiObject>({});
  const stop = new AbortController();
  const client = { pages: () => given([page('a'), page('b')]), watch: inner.watch.bind(inner) };
  const reflector = new Reflector<ApiObject>({ client, collection: { resource }, trim: (object) => object, store, onChange: () => undefined, clock });
  const running = reflector.run(stop.signal);
  await reflector.synced;
  assert.equal([...store.values()].map(({ metadata }) => metadata.name), ['b']);
  stop.abort();
  await running;
});

async function* given(pages: readonly ListPage[]): AsyncGenerator<ListPage> {
  await Promise.resolve();
  yield* pages;
}

async function* failing(fault: Fault): AsyncGenerator<never> {
  yield await Promise.reject(fault);
}

reflectors('stopped before its first listing, it says that it never was in step', async () => {
  const { stop, running, reflector, clock } = start(1, {}, (given) => (given.troubles = { ...noTroubles, pageFails: 1 }));
  await clock.advance(10_000);
  stop.abort();
  await running;
  assert.is(await reflector.synced, false);
});

reflectors('stopped while it waits, lists or watches, it ends at once', async () => {
  for (const troubles of [noTroubles, { ...noTroubles, pageFails: 1 }, { ...noTroubles, watchRefused: 1 }]) {
    const { stop, running, clock } = start(1, {}, (given) => {
      given.put('a');
      given.troubles = troubles;
    });
    await settle();
    stop.abort();
    await running;
    assert.is(clock.sleeping, 0);
  }
});

reflectors('what a handler throws, even a fault, ends the reflector and is not taken for trouble of the API server', async () => {
  for (const prepare of [(given: SimulatedCollection) => given.put('a'), () => undefined]) {
    const thrown = new Fault('ANY', 'bug');
    const { running, collection } = start(
      1,
      {
        onChange: () => {
          throw thrown;
        },
      },
      prepare,
    );
    const end = running.then(
      () => 'ended',
      (error: unknown) => error,
    );
    await settle();
    collection.put('b');
    assert.is(await end, thrown);
  }
});

reflectors('only what the trimming keeps is stored', async () => {
  const { store, stop, running } = start(1, { trim: ({ apiVersion, kind, metadata: { name } }) => ({ apiVersion, kind, metadata: { name } }) }, (given) => given.put('a'));
  await settle();
  assert.equal([...store.values()], [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }]);
  stop.abort();
  await running;
});

reflectors('through any sequence of changes, failures, restarts and compactions the store ends like the collection, and the told changes add up to it', async () => {
  for (let seed = 1; seed <= 60; seed += 1) {
    const { clock, collection, store, changes, stop, running } = start(seed, { pageSize: 1 + (seed % 4) });
    collection.troubles = { pageFails: 0.2, listRestarts: 0.2, watchRefused: 0.2, watchBreaks: 0.1, watchEnds: 0.1 };
    for (let step = 0; step < 80; step += 1) {
      const chance = clock.random();
      const name = `object-${Math.floor(clock.random() * 12)}`;
      if (chance < 0.55) collection.put(name);
      else if (chance < 0.85) collection.remove(name);
      else if (chance < 0.9) collection.compact();
      else await clock.advance(clock.random() * 20_000);
      // Pages and events are on their way while the next change is made.
      for (let turns = Math.floor(clock.random() * 8); turns > 0; turns -= 1) await Promise.resolve();
    }
    collection.troubles = noTroubles;
    collection.kick();
    await clock.advance(120_000);
    assert.equal(versions(store.values()), versions(collection.objects), `seed ${seed}`);
    assert.equal(versions(replayed(changes)), versions(store.values()), `seed ${seed}`);
    stop.abort();
    await running;
  }
});

reflectors.run();
