import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { ClusterClient } from '../../../lib/kubernetes/client.js';
import { rejectionOf } from '../../support/rejection.js';
import { nodes, pod, pods, refusal, startApiServer } from './api-server.js';

const clients = suite('kubernetes/client');

const address = { resource: pods, namespace: 'n', name: 'a' };
const base = '/api/v1/namespaces/n/pods';

interface Case {
  readonly title: string;
  readonly act: (client: ClusterClient) => Promise<unknown>;
  readonly request: string;
  readonly type?: string;
  readonly body?: unknown;
}

const cases: readonly Case[] = [
  { title: 'an object is read', act: (client) => client.get(address), request: `GET ${base}/a` },
  { title: 'a subresource is read', act: (client) => client.get(address, { subresource: 'status' }), request: `GET ${base}/a/status` },
  { title: 'an object is created', act: (client) => client.create(address, pod('a')), request: `POST ${base}`, type: 'application/json', body: pod('a') },
  { title: 'a dry run says so', act: (client) => client.create(address, pod('a'), { dryRun: true, fieldManager: 'me & you', fieldValidation: 'Strict' }), request: `POST ${base}?dryRun=All&fieldManager=me%20%26%20you&fieldValidation=Strict`, type: 'application/json', body: pod('a') },
  { title: 'an object is replaced', act: (client) => client.replace(address, pod('a')), request: `PUT ${base}/a`, type: 'application/json', body: pod('a') },
  { title: 'a status is replaced', act: (client) => client.replace(address, pod('a'), { subresource: 'status', fieldManager: 'm' }), request: `PUT ${base}/a/status?fieldManager=m`, type: 'application/json', body: pod('a') },
  { title: 'a JSON patch is a list of operations', act: (client) => client.patch(address, { kind: 'json', patch: [{ op: 'remove', path: '/x' }] }), request: `PATCH ${base}/a`, type: 'application/json-patch+json', body: [{ op: 'remove', path: '/x' }] },
  { title: 'a merge patch is a part', act: (client) => client.patch(address, { kind: 'merge', patch: { x: null } }), request: `PATCH ${base}/a`, type: 'application/merge-patch+json', body: { x: null } },
  { title: 'a strategic patch too', act: (client) => client.patch(address, { kind: 'strategic', patch: { x: [] } }, { subresource: 'scale', dryRun: true }), request: `PATCH ${base}/a/scale?dryRun=All`, type: 'application/strategic-merge-patch+json', body: { x: [] } },
  { title: 'apply names its field manager', act: (client) => client.apply(address, pod('a'), { fieldManager: 'm' }), request: `PATCH ${base}/a?fieldManager=m`, type: 'application/apply-patch+yaml', body: pod('a') },
  { title: 'apply takes over when it is to', act: (client) => client.apply(address, pod('a'), { fieldManager: 'm', force: true, subresource: 'status' }), request: `PATCH ${base}/a/status?fieldManager=m&force=true`, type: 'application/apply-patch+yaml', body: pod('a') },
  { title: 'an object is deleted', act: (client) => client.delete(address), request: `DELETE ${base}/a`, type: 'application/json', body: { kind: 'DeleteOptions', apiVersion: 'v1' } },
  {
    title: 'a deletion has preconditions, a way for what it owns, and a grace',
    act: (client) => client.delete(address, { preconditions: { uid: 'u', resourceVersion: '1' }, propagationPolicy: 'Foreground', gracePeriodSeconds: 0, dryRun: true }),
    request: `DELETE ${base}/a`,
    type: 'application/json',
    body: { kind: 'DeleteOptions', apiVersion: 'v1', preconditions: { uid: 'u', resourceVersion: '1' }, propagationPolicy: 'Foreground', gracePeriodSeconds: 0, dryRun: ['All'] },
  },
  { title: 'any other request goes out as it is', act: (client) => client.request({ attempted: 'ask', method: 'POST', path: '/apis/x/v1/reviews', body: { a: undefined, b: 1 } }), request: 'POST /apis/x/v1/reviews', type: 'application/json', body: { b: 1 } },
];

for (const { title, act, request, type, body } of cases) {
  clients(title, async () => {
    await using server = await startApiServer(() => ({ body: pod('a') }));
    await act(server.client);
    const [asked] = server.asked;
    assert.is(`${asked?.method ?? ''} ${asked?.url ?? ''}`, request);
    assert.is(asked?.headers['content-type'], type);
    assert.equal(asked?.body === '' ? undefined : JSON.parse(asked?.body ?? ''), body);
    assert.equal([asked?.headers.accept, asked?.headers['user-agent']], ['application/json', 'wasmwarden']);
  });
}

clients('no field is lost, added or converted', async () => {
  const stored = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a', creationTimestamp: '2024-01-01T00:00:00Z', futureField: { deep: [null, true] } }, spec: { alsoNew: '1' }, __proto__x: 1 };
  await using server = await startApiServer(() => ({ body: stored }));
  assert.equal(await server.client.get(address), stored);
});

clients('numbers beyond 2^53 are rounded in objects, and are not in bytes', async () => {
  const text = '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"},"big":9007199254740993,"point":1.0}';
  await using server = await startApiServer(() => ({ body: text }));
  assert.is((await server.client.get(address))['big'], 9007199254740992);
  assert.is(new TextDecoder().decode(await server.client.requestBytes({ attempted: 'get', method: 'GET', path: `${base}/a` })), text);
});

clients('what the API server refuses is named with the operation', async () => {
  await using server = await startApiServer(() => refusal(404, 'NotFound'));
  const said = 'the API server answered 404 NotFound: because NotFound';
  const failures: readonly [act: () => Promise<unknown>, attempted: string][] = [
    [() => server.client.get(address), 'get pods "a" in namespace "n"'],
    [() => server.client.create(address, {}), 'create pods "a" in namespace "n"'],
    [() => server.client.replace(address, {}), 'replace pods "a" in namespace "n"'],
    [() => server.client.patch({ resource: nodes, name: 'b' }, { kind: 'merge', patch: {} }), 'patch nodes "b"'],
    [() => server.client.apply(address, {}, { fieldManager: 'm', subresource: 'status' }), 'apply pods/status "a" in namespace "n"'],
    [() => server.client.delete(address), 'delete pods "a" in namespace "n"'],
    [() => server.client.list({ resource: nodes }), 'list nodes'],
  ];
  for (const [act, attempted] of failures) assert.is((await rejectionOf(act())).message, `cannot ${attempted}: ${said}`);
});

clients('an answer that is no object is refused', async () => {
  for (const body of ['[]', '{"kind":"Pod"}', 'null']) {
    await using server = await startApiServer(() => ({ body }));
    const fault = await rejectionOf(server.client.get(address));
    assert.equal([fault.code, fault.message], ['KUBERNETES_ANSWER_INVALID', 'cannot get pods "a" in namespace "n": the answer is no object with apiVersion, kind and a name']);
  }
});

clients.run();
