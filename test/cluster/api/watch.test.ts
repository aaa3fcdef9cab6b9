// Tests of following a collection, against an API server that ends, forgets and fails as real ones do.

import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { createAuthority, issueCertificate, readCertificate } from '../sandbox/certificates.js';
import { ApiClient } from './client.js';
import type { ApiObject } from './objects.js';
import { watchCollection } from './watch.js';

const watching = suite('cluster/api/watch');

type Answer = (response: ServerResponse) => void;

const item = (name: string): ApiObject => ({ metadata: { name, uid: name, resourceVersion: '5' } });
const list = (...names: string[]): Answer => (response) => response.end(JSON.stringify({ metadata: { resourceVersion: '5' }, items: names.map(item) }));
const events = (...lines: object[]): Answer => (response) => response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
const hang: Answer = (response) => {
  response.writeHead(200).flushHeaders();
};

/** Serves each answer once, in order; the last one hangs until the client leaves. */
async function serverWith(answers: readonly Answer[]): Promise<{ server: Server; client: ApiClient; asked: string[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'watch-test-'));
  const authority = await createAuthority(folder, 'ca');
  const { certificate, key } = await readCertificate(await issueCertificate(authority, folder, 'server', { commonName: 'server', addresses: ['127.0.0.1'] }));
  const asked: string[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    asked.push(request.url ?? '');
    (answers[asked.length - 1] ?? hang)(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const client = new ApiClient({ server: `https://127.0.0.1:${port}`, ca: await readFile(authority.certificate, 'utf8') });
  await rm(folder, { recursive: true });
  return { server, client, asked };
}

/** Follows until as many changes were told as are wanted, and returns them as `present a`, `gone a`. */
async function changes(answers: readonly Answer[], wanted: number): Promise<{ told: string[]; asked: string[] }> {
  const { server, client, asked } = await serverWith(answers);
  const stop = new AbortController();
  const told: string[] = [];
  await watchCollection<ApiObject>({
    client,
    path: '/api/v1/things',
    query: 'labelSelector=a%3Db',
    signal: stop.signal,
    onChange: ({ kind, object }) => {
      if (told.push(`${kind} ${object.metadata.name}`) === wanted) stop.abort();
    },
  });
  client.close();
  server.close();
  server.closeAllConnections();
  return { told, asked };
}

watching('lists, then watches from the resource version of the list', async () => {
  const { told, asked } = await changes([list('a'), events({ type: 'ADDED', object: item('b') }, { type: 'DELETED', object: item('a') })], 3);
  assert.equal(told, ['present a', 'present b', 'gone a']);
  assert.is(asked[0], '/api/v1/things?labelSelector=a%3Db');
  assert.match(asked[1] ?? '', /labelSelector=a%3Db&watch=true.*resourceVersion=5$/);
});

watching('watches on from a bookmark when the server ends the stream', async () => {
  const bookmark = { type: 'BOOKMARK', object: { metadata: { name: '', uid: '', resourceVersion: '9' } } };
  const { told, asked } = await changes([list(), events(bookmark), events({ type: 'ADDED', object: item('late') })], 1);
  assert.equal(told, ['present late']);
  assert.match(asked[2] ?? '', /resourceVersion=9$/);
});

watching('tells what vanished while an expired watch was renewed by a new list', async () => {
  const expired = events({ type: 'ERROR', object: { metadata: {}, code: 410, reason: 'Expired' } });
  const { told } = await changes([list('a', 'b'), expired, list('b')], 4);
  assert.equal(told, ['present a', 'present b', 'gone a', 'present b']);
});

watching('goes on after an answer that is no success', async () => {
  const { told } = await changes([(response) => response.writeHead(500).end('not now'), list('a')], 1);
  assert.equal(told, ['present a']);
});

watching.run();
