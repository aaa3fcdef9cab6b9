import type { AddressInfo } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { serveProbes } from '../../../integrations/k8s-controller/src/probe-server.js';
import { http1Client } from '../../support/policy-server/clients.js';

const probes = suite('k8s-controller/probe-server');

const server = await serveProbes(
  {
    '/readyz': () => Promise.resolve({ status: 503, body: 'not yet' }),
    '/metrics': () => Promise.resolve({ status: 200, type: 'text/plain; version=0.0.4', body: 'a 1\n' }),
    '/broken': () => Promise.reject(new Error('a bug')),
  },
  { host: '127.0.0.1', port: 0 },
);
const { port } = server.address() as AddressInfo;
probes.after(() => void server.close());

for (const [title, method, path, status, text] of [
  ['an answer is given with its body', 'GET', '/metrics?name=x', 200, 'a 1\n'],
  ['an answer may be no', 'GET', '/readyz', 503, 'not yet'],
  ['HEAD has no body', 'HEAD', '/readyz', 503, ''],
  ['an answer that cannot be had is 500', 'GET', '/broken', 500, ''],
  ['other paths are 404', 'GET', '/', 404, ''],
  ['names that every object has are no paths', 'GET', '/constructor', 404, ''],
  ['other methods are 405', 'POST', '/metrics', 405, ''],
] as const) {
  probes(title, async () => {
    using client = http1Client({ port });
    const answer = await client.send({ path, method });
    assert.equal([answer.status, answer.text], [status, text]);
  });
}

probes('an address that is taken is an error', async () => {
  assert.match(await serveProbes({}, { host: '127.0.0.1', port }).then(() => 'served', String), /EADDRINUSE/);
});

probes.run();
