import type { AddressInfo } from 'node:net';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createProbeServer } from '../../../../integrations/webhook-server/src/sockets/probe-server.js';
import { http1Client } from '../../../support/policy-server/clients.js';
import { rawConnection } from '../../../support/policy-server/raw-connection.js';

const probes = suite('webhook-server/sockets/probe-server');

const answers = {
  '/ok': () => Promise.resolve({ status: 200, type: 'text/plain', body: 'fine' }),
  '/bad': () => Promise.resolve({ status: 503, body: '' }),
  '/broken': () => Promise.reject(new Error('broken')),
};

const server = createProbeServer(answers);
let port = 0;
probes.before(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve(void (port = (server.address() as AddressInfo).port)))));
probes.after(() => {
  server.closeAllConnections();
  server.close();
});

const cases: readonly (readonly [string, string, string, number, string])[] = [
  ['an answer is given with its type', 'GET', '/ok', 200, 'fine'],
  ['a query does not matter', 'GET', '/ok?verbose=1', 200, 'fine'],
  ['HEAD has no body', 'HEAD', '/ok', 200, ''],
  ['an answer may be no', 'GET', '/bad', 503, ''],
  ['an answer that cannot be had is 500', 'GET', '/broken', 500, ''],
  ['other paths are 404', 'GET', '/nowhere', 404, ''],
  ['names that every object has are no paths', 'GET', '/constructor', 404, ''],
  ['other methods are 405', 'POST', '/ok', 405, ''],
];
for (const [title, method, path, status, text] of cases) {
  probes(title, async () => {
    using client = http1Client({ port });
    const answer = await client.send({ path, method });
    assert.equal([answer.status, answer.text], [status, text]);
  });
}

probes('connections that say nothing are cut off, and keep nobody out meanwhile', async () => {
  const idle = await Promise.all(Array.from({ length: 50 }, () => rawConnection({ port })));
  using client = http1Client({ port });
  assert.is((await client.send({ path: '/ok', method: 'GET' })).status, 200);
  await Promise.all(idle.map(({ closed }) => closed));
});

probes.run();
