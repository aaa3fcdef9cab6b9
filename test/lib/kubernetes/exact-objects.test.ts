import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { rejectionOf } from '../../support/rejection.js';
import { type ApiServer, type Asked, pods, refusal, type Said, startApiServer } from './api-server.js';

const exact = suite('kubernetes/exact-objects');

const decoder = new TextDecoder();
const parametersOf = ({ url }: Asked): Record<string, string> => Object.fromEntries(new URL(url, 'http://x').searchParams);
const asked = (server: ApiServer): readonly (string | undefined)[] => server.asked.map((question) => parametersOf(question)['continue']);

function list(names: readonly string[], continueToken = ''): Said {
  return { body: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '9', continue: continueToken }, items: names.map((name) => ({ metadata: { name } })) } };
}

const expired = (later?: string): Said => {
  const answer = refusal(410, 'Expired');
  return later === undefined ? answer : { ...answer, body: { ...(answer.body as object), metadata: { continue: later } } };
};

async function namesIn(server: ApiServer, options: object = {}): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const page of server.client.exactPages({ resource: pods }, options)) names.push(...page.items.map(({ object }) => object.metadata.name));
  return names;
}

exact('the bytes of an item are those of the answer, with apiVersion and kind in front where the list says them', async () => {
  await using server = await startApiServer(() => list(['a', 'b']));
  const items = [];
  for await (const page of server.client.exactPages({ resource: pods })) items.push(...page.items);
  assert.equal(items.map(({ bytes }) => decoder.decode(bytes)), ['a', 'b'].map((name) => `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"${name}"}}`));
  assert.equal(items[0]?.object, { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'a' } });
});

exact('a page that the API server has forgotten goes on where it says', async () => {
  const script = [list(['a'], 'old'), expired('later'), list(['b'], 'next'), list(['c'])];
  await using server = await startApiServer((_, count) => script[count - 1] ?? list([]));
  assert.equal(await namesIn(server), ['a', 'b', 'c']);
  assert.equal(asked(server), [undefined, 'old', 'later', 'next']);
});

exact('when it does not say where, the listing begins anew, and not for ever', async () => {
  await using server = await startApiServer((question) => (parametersOf(question)['continue'] === undefined ? list(['a'], 'old') : expired()));
  assert.is((await rejectionOf(namesIn(server))).code, 'KUBERNETES_GONE');
  assert.is(server.asked.length, 8);
});

exact('a listing can begin behind a page', async () => {
  await using server = await startApiServer(() => list(['b']));
  assert.equal(await namesIn(server, { continueToken: 'here' }), ['b']);
  assert.equal(asked(server), ['here']);
});

exact('what is no list is told so', async () => {
  await using server = await startApiServer(() => ({ body: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' } } }));
  assert.is((await rejectionOf(namesIn(server))).code, 'KUBERNETES_ANSWER_INVALID');
});

exact('one object comes with its bytes', async () => {
  await using server = await startApiServer(() => ({ body: { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a', namespace: 'n' } } }));
  const { object, bytes } = await server.client.getExact({ resource: pods, namespace: 'n', name: 'a' });
  assert.equal([object.metadata.name, decoder.decode(bytes)], ['a', '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"a","namespace":"n"}}']);
});

exact.run();
