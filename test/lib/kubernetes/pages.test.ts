import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { rejectionOf } from '../../support/rejection.js';
import { type Asked, type ApiServer, pod, pods, refusal, type Said, startApiServer } from './api-server.js';

const pages = suite('kubernetes/pages');

const collection = { resource: pods, namespace: 'n' };

function list(names: readonly string[], continueToken = ''): Said {
  return { body: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '9', continue: continueToken }, items: names.map((name) => pod(name)) } };
}

const parametersOf = ({ url }: Asked): Record<string, string> => Object.fromEntries(new URL(url, 'http://x').searchParams);
const asked = (server: ApiServer): Record<string, string>[] => server.asked.map(parametersOf);

pages('a collection is read page by page, each with the token of the one before', async () => {
  await using server = await startApiServer((_, count) => (count === 1 ? list(['a', 'b'], 't/1') : list(['c'])));
  const { items, resourceVersion } = await server.client.list(collection, { labelSelector: 'x in (y,z)', fieldSelector: 'a=b', pageSize: 2 });
  assert.equal([items.map(({ metadata }) => metadata.name), resourceVersion], [['a', 'b', 'c'], '9']);
  const selection = { labelSelector: 'x in (y,z)', fieldSelector: 'a=b', limit: '2' };
  assert.equal(asked(server), [selection, { ...selection, continue: 't/1' }]);
});

pages('500 objects are asked for at a time', async () => {
  await using server = await startApiServer(() => list([]));
  await server.client.list({ resource: pods });
  assert.equal([server.asked[0]?.url], ['/api/v1/pods?limit=500']);
});

pages('a listing whose token has expired starts over, and says so', async () => {
  const script = [list(['a'], 'old'), refusal(410, 'Expired'), list(['b'], 'new'), list(['c'])];
  await using server = await startApiServer((_, count) => script[count - 1] ?? list([]));
  const seen: [string[], boolean][] = [];
  for await (const { items, first } of server.client.pages(collection)) seen.push([items.map(({ metadata }) => metadata.name), first]);
  assert.equal(seen, [
    [['a'], true],
    [['b'], true],
    [['c'], false],
  ]);
  assert.equal(asked(server).map((parameters) => parameters['continue']), [undefined, 'old', undefined, 'new']);
});

pages('the whole of a list does not hold what came before it started over', async () => {
  const script = [list(['a'], 'old'), refusal(410, 'Expired'), list(['b'])];
  await using server = await startApiServer((_, count) => script[count - 1] ?? list([]));
  assert.equal((await server.client.list(collection)).items.map(({ metadata }) => metadata.name), ['b']);
});

pages('a listing that expires again and again is asked for in one answer', async () => {
  await using server = await startApiServer((question) => {
    const parameters = parametersOf(question);
    if (parameters['limit'] === undefined) return list(['a', 'b', 'c']);
    return parameters['continue'] === undefined ? list(['a'], 'token') : refusal(410, 'Expired');
  });
  assert.is((await server.client.list(collection)).items.length, 3);
  assert.is(server.asked.length, 7);
});

pages('a first page that is gone is a failure', async () => {
  await using server = await startApiServer(() => refusal(410, 'Expired'));
  assert.is((await rejectionOf(server.client.list(collection))).code, 'KUBERNETES_GONE');
  assert.is(server.asked.length, 1);
});

pages('a page that is too large is asked for with half as many objects, down to one', async () => {
  const large = 'x'.repeat(600);
  await using server = await startApiServer(
    (question) => {
      const { limit = '0', continue: token = '0' } = parametersOf(question);
      const begin = Number(token);
      const end = Math.min(5, begin + Number(limit));
      const items = Array.from({ length: end - begin }, (_, index) => ({ metadata: { name: `${begin + index}`, annotations: { large } } }));
      return { body: { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '9', continue: end < 5 ? String(end) : '' }, items } };
    },
    { maxAnswerBytes: 1500 },
  );
  assert.equal((await server.client.list(collection, { pageSize: 5 })).items.map(({ metadata }) => metadata.name), ['0', '1', '2', '3', '4']);
  assert.equal(asked(server).map(({ limit }) => limit), ['5', '2', '2', '2']);
});

pages('a single object that is too large is a failure', async () => {
  await using server = await startApiServer(() => list(['a'.repeat(2000)]), { maxAnswerBytes: 1500 });
  const fault = await rejectionOf(server.client.list(collection, { pageSize: 3 }));
  assert.equal([fault.code, fault.message], ['KUBERNETES_ANSWER_TOO_LARGE', 'cannot list pods in namespace "n": the answer is larger than 1500 bytes']);
  assert.is(server.asked.length, 2);
});

pages('an answer that is no list is refused', async () => {
  await using server = await startApiServer(() => ({ body: pod('a') }));
  assert.is((await rejectionOf(server.client.list(collection))).code, 'KUBERNETES_ANSWER_INVALID');
});

pages('a reader may leave after any page', async () => {
  await using server = await startApiServer(() => list(['a'], 'more'));
  for await (const page of server.client.pages(collection)) {
    assert.is(page.items.length, 1);
    break;
  }
  assert.is(server.asked.length, 1);
});

pages.run();
