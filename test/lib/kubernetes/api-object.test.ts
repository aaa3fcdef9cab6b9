import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { JsonValue } from '../../../lib/json/json-value.js';
import { isApiObject, keyOf, objectListOf } from '../../../lib/kubernetes/api-object.js';

const objects = suite('kubernetes/api-object');

const noObjects: readonly [title: string, value: JsonValue][] = [
  ['null is no object', null],
  ['a list is no object', []],
  ['what has no kind is no object', { apiVersion: 'v1', metadata: { name: 'a' } }],
  ['what has no name is no object', { apiVersion: 'v1', kind: 'Pod', metadata: {} }],
  ['what has metadata of another shape is no object', { apiVersion: 'v1', kind: 'Pod', metadata: [{ name: 'a' }] }],
];

for (const [title, value] of noObjects) objects(title, () => assert.is(isApiObject(value), false));

objects('an object is recognised by its envelope alone', () => {
  assert.ok(isApiObject({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', invented: 1 }, anything: [] }));
});

objects('a key holds the namespace where there is one', () => {
  assert.is(keyOf({ metadata: { name: 'a' } }), 'a');
  assert.is(keyOf({ metadata: { name: 'a', namespace: 'n' } }), 'n/a');
});

objects('items of a list get the kind that only the list says, and keep every field', () => {
  const item = { metadata: { name: 'a', futureField: { deep: [1] } }, spec: { creationTimestamp: '2024-01-01T00:00:00Z' } };
  const list = objectListOf({ apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7', continue: 'c' }, items: [item] });
  assert.equal(list, { items: [{ apiVersion: 'v1', kind: 'Pod', ...item }], resourceVersion: '7', continueToken: 'c' });
});

objects('items that say their own kind keep it', () => {
  const item = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } };
  assert.equal(objectListOf({ apiVersion: 'v1', kind: 'List', metadata: {}, items: [item] })?.items, [item]);
});

objects('a list without items is empty', () => {
  for (const items of [null, []]) assert.equal(objectListOf({ apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: '7' }, items })?.items, []);
});

const noLists: readonly [title: string, value: JsonValue][] = [
  ['a Status is no list', { apiVersion: 'v1', kind: 'Status', metadata: {} }],
  ['text is no list', 'PodList'],
  ['a list with an item without a name is none', { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [{ metadata: {} }] }],
  ['a list with an item that is no object is none', { apiVersion: 'v1', kind: 'PodList', metadata: {}, items: [null] }],
  ['a list whose version is a number is none', { apiVersion: 'v1', kind: 'PodList', metadata: { resourceVersion: 7 }, items: [] }],
  ['a list without metadata is none', { apiVersion: 'v1', kind: 'PodList', items: [] }],
];

for (const [title, value] of noLists) objects(title, () => assert.is(objectListOf(value), undefined));

objects.run();
