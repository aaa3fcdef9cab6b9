import type { ServerResponse } from 'node:http';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { WatchEvent } from '../../../lib/kubernetes/watch.js';
import { rejectionOf } from '../../support/rejection.js';
import { type ApiServer, pod, pods, startRawServer } from './api-server.js';

const watches = suite('kubernetes/watch');

const never = new AbortController().signal;
const line = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;

function startWatchServer(answer: (response: ServerResponse) => void, options: Parameters<typeof startRawServer>[1] = {}): Promise<ApiServer> {
  return startRawServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    answer(response);
  }, options);
}

async function eventsOf({ client }: ApiServer, signal = never): Promise<WatchEvent[]> {
  const events: WatchEvent[] = [];
  for await (const event of client.watch({ resource: pods, namespace: 'n' }, { resourceVersion: '5', timeoutSeconds: 300, labelSelector: 'a=b', signal })) events.push(event);
  return events;
}

watches('events come as they are told, until the server ends the watch', async () => {
  const bookmark = { kind: 'Pod', apiVersion: 'v1', metadata: { resourceVersion: '8', creationTimestamp: null } };
  await using server = await startWatchServer((response) => void response.end(line('ADDED', pod('a')) + line('MODIFIED', pod('a', '6')) + line('DELETED', pod('a', '7')) + line('BOOKMARK', bookmark)));
  assert.equal(await eventsOf(server), [
    { kind: 'added', object: pod('a') },
    { kind: 'modified', object: pod('a', '6') },
    { kind: 'deleted', object: pod('a', '7') },
    { kind: 'bookmark', resourceVersion: '8' },
  ]);
  assert.is(server.web.seen[0]?.url, '/api/v1/namespaces/n/pods?labelSelector=a%3Db&watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300');
});

watches('an event may arrive in any pieces', async () => {
  const text = Buffer.from(line('ADDED', pod('größe ☃')));
  await using server = await startWatchServer((response) => {
    const send = (at: number): void => {
      if (at >= text.length) response.end();
      else response.write(text.subarray(at, at + 1), () => setImmediate(send, at + 1));
    };
    send(0);
  });
  assert.equal(await eventsOf(server), [{ kind: 'added', object: pod('größe ☃') }]);
});

watches('a version that is too old is told by an event, or by the answer', async () => {
  await using told = await startWatchServer((response) => void response.end(line('ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version: 5 (9)' })));
  const fault = await rejectionOf(eventsOf(told));
  assert.equal([fault.code, fault.message], ['KUBERNETES_GONE', 'cannot watch pods in namespace "n": the API server answered 410 Expired: too old resource version: 5 (9)']);
  await using answered = await startRawServer((_, response) => void response.writeHead(410).end());
  assert.is((await rejectionOf(eventsOf(answered))).code, 'KUBERNETES_GONE');
});

const invalid: readonly [title: string, text: string][] = [
  ['what is not JSON', '{"type":\n'],
  ['what is no event', '[]\n'],
  ['an event of a type that is not known', line('RENAMED', pod('a'))],
  ['an event of a type of Object.prototype', line('constructor', pod('a'))],
  ['an event without an object', line('ADDED', null)],
  ['a bookmark without a version', line('BOOKMARK', { metadata: {} })],
];

for (const [title, text] of invalid) {
  watches(`${title} ends the watch`, async () => {
    await using server = await startWatchServer((response) => void response.write(text));
    assert.is((await rejectionOf(eventsOf(server))).code, 'KUBERNETES_ANSWER_INVALID');
  });
}

watches('an error of no known sort counts as the server being away', async () => {
  await using server = await startWatchServer((response) => void response.end(line('ERROR', 'what?')));
  assert.is((await rejectionOf(eventsOf(server))).code, 'KUBERNETES_UNAVAILABLE');
});

watches('an event that breaks off is none', async () => {
  await using server = await startWatchServer((response) => void response.end(line('ADDED', pod('a')) + '{"type":"ADDED","object":'));
  assert.is((await eventsOf(server)).length, 1);
});

watches('an event beyond the limit ends the watch', async () => {
  await using server = await startWatchServer((response) => void response.write('x'.repeat(2000)), { maxAnswerBytes: 1000 });
  const fault = await rejectionOf(eventsOf(server));
  assert.equal([fault.code, fault.message], ['KUBERNETES_ANSWER_TOO_LARGE', 'cannot watch pods in namespace "n": an event is larger than 1000 bytes']);
});

watches('silence ends the watch, before the first event and after it', async () => {
  for (const first of ['', line('ADDED', pod('a'))]) {
    await using server = await startWatchServer((response) => void response.write(first), { silenceMs: 50 });
    const fault = await rejectionOf(eventsOf(server));
    assert.equal([fault.code, fault.retryable], ['KUBERNETES_TIMEOUT', true]);
    assert.match(fault.message, /was silent for 50 ms/);
  }
});

watches('a connection that is cut is told', async () => {
  await using server = await startWatchServer((response) => void response.write(line('ADDED', pod('a')), () => response.socket?.resetAndDestroy()));
  const fault = await rejectionOf(eventsOf(server));
  assert.equal([fault.code, fault.retryable], ['KUBERNETES_INTERRUPTED', true]);
});

watches('whoever stops reading, or has the signal fired, closes the connection', async () => {
  for (const leave of ['break', 'abort']) {
    let closed: Promise<void> = Promise.resolve();
    await using server = await startWatchServer((response) => {
      closed = new Promise((resolve) => response.on('close', resolve));
      response.write(line('ADDED', pod('a')));
    });
    const stop = new AbortController();
    const read = async (): Promise<void> => {
      for await (const event of server.client.watch({ resource: pods }, { resourceVersion: '5', timeoutSeconds: 300, signal: stop.signal })) {
        assert.is(event.kind, 'added');
        if (leave === 'break') break;
        stop.abort();
      }
    };
    if (leave === 'break') await read();
    else assert.is((await rejectionOf(read())).code, 'KUBERNETES_ABORTED');
    await closed;
  }
});

watches.run();
