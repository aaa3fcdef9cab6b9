import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../lib/fault.js';
import { ClusterClient } from '../../../lib/kubernetes/client.js';
import type { ConnectionSource } from '../../../lib/kubernetes/connection.js';
import { retryAfterOf } from '../../../lib/kubernetes/api-fault.js';
import { startWebServer } from '../../support/web-server.js';
import { rejectionOf } from '../../support/rejection.js';
import { plainConnection, pod, pods, refusal, startApiServer, startRawServer } from './api-server.js';

const rests = suite('kubernetes/rest');

const address = { resource: pods, namespace: 'n', name: 'a' };

/** Tokens in the order in which renewals give them. */
function rotating(origin: string, ...tokens: readonly string[]): ConnectionSource & { renewals: number } {
  const connections = tokens.map((token) => plainConnection(origin, { authorization: `Bearer ${token}` }));
  let at = 0;
  return {
    namespace: undefined,
    renewals: 0,
    current: () => Promise.resolve(connections[at] ?? plainConnection(origin)),
    renew(refused) {
      this.renewals += 1;
      at = Math.min(at + 1, connections.length - 1);
      return Promise.resolve(connections[at] ?? refused);
    },
  };
}

rests('a refused token is renewed once, and the request is sent again with its body', async () => {
  const bodies: string[] = [];
  await using web = await startWebServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => (body += chunk.toString()));
    request.on('end', () => {
      bodies.push(body);
      response.writeHead(request.headers.authorization === 'Bearer new' ? 201 : 401).end(JSON.stringify(pod('a')));
    });
  });
  const source = rotating(web.origin, 'old', 'new');
  const client = new ClusterClient(source);
  await client.create(address, pod('a'));
  assert.equal(web.seen.map(({ authorization }) => authorization), ['Bearer old', 'Bearer new']);
  assert.equal(bodies, [JSON.stringify(pod('a')), JSON.stringify(pod('a'))]);
  await client.get(address);
  assert.is(source.renewals, 1);
  client.close();
});

rests('a token that is refused after its renewal is a failure', async () => {
  await using web = await startWebServer((_, response) => void response.writeHead(401).end());
  const client = new ClusterClient(rotating(web.origin, 'old', 'new'));
  assert.is((await rejectionOf(client.get(address))).code, 'KUBERNETES_UNAUTHORIZED');
  assert.is(web.seen.length, 2);
  client.close();
});

rests('a token for which there is no other is not tried again', async () => {
  await using server = await startApiServer(() => refusal(401, 'Unauthorized'));
  assert.is((await rejectionOf(server.client.get(address))).code, 'KUBERNETES_UNAUTHORIZED');
  assert.is(server.asked.length, 1);
});

rests('a renewal that fails says why', async () => {
  await using web = await startWebServer((_, response) => void response.writeHead(401).end());
  const connection = plainConnection(web.origin);
  const fault = new Fault('KUBERNETES_CREDENTIALS_FAILED', 'the plugin is broken');
  const client = new ClusterClient({ namespace: undefined, current: () => Promise.resolve(connection), renew: () => Promise.reject(fault) });
  assert.is(await rejectionOf(client.get(address)), fault);
  client.close();
});

rests('the pause that the API server asks for is told', async () => {
  await using server = await startApiServer(() => ({ ...refusal(429, 'TooManyRequests'), headers: { 'retry-after': '3' } }));
  const fault = await rejectionOf(server.client.get(address));
  assert.equal([fault.code, fault.retryable, retryAfterOf(fault)], ['KUBERNETES_TOO_MANY_REQUESTS', true, 3000]);
});

rests('an answer that is not JSON is refused', async () => {
  for (const body of ['', '<html>', '{"a":']) {
    await using server = await startApiServer(() => ({ body }));
    assert.is((await rejectionOf(server.client.get(address))).message, 'cannot get pods "a" in namespace "n": the answer is not JSON');
  }
});

rests('an answer with broken UTF-8 is refused', async () => {
  await using server = await startRawServer((_, response) => void response.end(Buffer.from([0x22, 0xc3, 0x28, 0x22])));
  assert.is((await rejectionOf(server.client.get(address))).code, 'KUBERNETES_ANSWER_INVALID');
});

rests('an answer beyond the limit is not read', async () => {
  await using server = await startApiServer(() => ({ body: { ...pod('a'), long: 'x'.repeat(2000) } }), { maxAnswerBytes: 1000 });
  assert.is((await rejectionOf(server.client.get(address))).code, 'KUBERNETES_ANSWER_TOO_LARGE');
});

rests('a refusal beyond its limit is told by its status', async () => {
  await using server = await startApiServer(() => refusal(403, 'Forbidden', { long: 'x'.repeat(1024 * 1024) }));
  assert.is((await rejectionOf(server.client.get(address))).message, 'cannot get pods "a" in namespace "n": the API server answered 403');
});

rests('a call that takes too long is given up', async () => {
  await using server = await startRawServer(() => undefined);
  const fault = await rejectionOf(server.client.get(address, { timeoutMs: 20 }));
  assert.equal([fault.code, fault.retryable], ['KUBERNETES_TIMEOUT', true]);
});

rests('so is one whose answer trickles in for ever', async () => {
  await using server = await startRawServer((_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write(' '), 1);
    response.on('close', () => clearInterval(timer));
  });
  assert.is((await rejectionOf(server.client.get(address, { timeoutMs: 50 }))).code, 'KUBERNETES_TIMEOUT');
});

rests('a caller that goes away ends the request, before and after it was sent', async () => {
  const closed: Promise<void>[] = [];
  const stop = new AbortController();
  await using server = await startRawServer((request) => {
    closed.push(new Promise((resolve) => request.on('close', resolve)));
    stop.abort();
  });
  const fault = await rejectionOf(server.client.get(address, { signal: stop.signal }));
  assert.equal([fault.code, fault.retryable], ['KUBERNETES_ABORTED', false]);
  await Promise.all(closed);
  assert.is((await rejectionOf(server.client.get(address, { signal: stop.signal }))).code, 'KUBERNETES_ABORTED');
  assert.is(closed.length, 1);
});

rests('a connection that breaks within the answer is told', async () => {
  await using server = await startRawServer((_, response) => {
    response.writeHead(200, { 'content-length': '1000' });
    response.write('{', () => response.destroy());
  });
  const fault = await rejectionOf(server.client.get(address));
  assert.equal([fault.code, fault.retryable], ['KUBERNETES_INTERRUPTED', true]);
});

rests.run();
