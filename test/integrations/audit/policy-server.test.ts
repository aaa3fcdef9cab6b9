// Asking a policy-server over real sockets: certificates, restarts, too much to do, silence.
import { writeFileSync } from 'node:fs';
import { createServer, type Server, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createRemoteEvaluator } from '../../../integrations/audit/src/servers/remote-evaluator.js';
import { serverTls, type TlsTexts } from '../../../integrations/audit/src/servers/server-tls.js';
import { TlsFiles } from '../../../integrations/audit/src/servers/tls-files.js';
import type { AuditAnswer } from '../../../lib/audit/answer.js';
import { steadyClock } from '../../../lib/kubernetes/steady-clock.js';
import { policy } from '../../lib/audit/served.js';
import { faultOf } from '../../support/fault-of.js';
import { createAuthority } from '../../support/policy-server/authority.js';
import { scratchFolder } from '../../support/scratch.js';

const server = suite('integrations/audit/policy-server');

const authority = await createAuthority('servers');
const clients = await createAuthority('clients');
const { certificate: cert, key } = await authority.issueServer();
const accepted = JSON.stringify({ response: { allowed: true } });

/** A server that gives scripted answers: a status, or a body with 200. */
async function listening(answers: (count: number, path: string) => number | string, options: ServerOptions = {}): Promise<{ readonly url: string; readonly server: Server } & AsyncDisposable> {
  let count = 0;
  const started = createServer({ cert, key, ...options }, (incoming, outgoing) => {
    incoming.resume().on('end', () => {
      count += 1;
      const answer = answers(count, incoming.url ?? '');
      outgoing.writeHead(typeof answer === 'number' ? answer : 200, { 'content-type': 'application/json' }).end(typeof answer === 'number' ? 'sorry' : answer);
    });
  });
  await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
  const close = (): Promise<void> => new Promise((resolve) => {
    started.close(() => resolve());
    started.closeAllConnections();
  });
  return { url: `https://127.0.0.1:${(started.address() as AddressInfo).port}`, server: started, [Symbol.asyncDispose]: close };
}

async function ask(url: string, tls: TlsTexts = { insecure: false, authorities: authority.pem }): Promise<AuditAnswer> {
  const evaluator = createRemoteEvaluator({ tls: () => serverTls(tls), most: 4, clock: steadyClock });
  try {
    return await evaluator.evaluate({ policy: policy('a'), url }, new TextEncoder().encode('{}'));
  } finally {
    await evaluator.close();
  }
}

server('the path is that of the policy, below the path of the URL', async () => {
  const paths: string[] = [];
  await using one = await listening((_, path) => {
    paths.push(path);
    return accepted;
  });
  assert.is((await ask(one.url)).kind, 'passed');
  await ask(`${one.url}/below`);
  assert.equal(paths, ['/audit/clusterwide-a', '/below/audit/clusterwide-a']);
});

server('an authority that is not trusted is an error at once, unless nothing is verified', async () => {
  await using one = await listening(() => accepted);
  assert.match((await ask(one.url, { insecure: false })).message ?? '', /the policy-server cannot be asked: .*(CERT|SIGNATURE)/);
  assert.is((await ask(one.url, { insecure: true })).kind, 'passed');
});

server('a server that demands certificates is shown ours', async () => {
  const { certificate, key: clientKey } = await clients.issueClient('audit-scanner-client');
  await using one = await listening(() => accepted, { requestCert: true, rejectUnauthorized: true, ca: clients.pem });
  assert.is((await ask(one.url, { insecure: false, authorities: authority.pem, client: { certificate, key: clientKey } })).kind, 'passed');
});

server('a server with too much to do is asked again', async () => {
  await using one = await listening((count) => (count < 3 ? 503 : accepted));
  assert.is((await ask(one.url)).kind, 'passed');
});

server('an unknown policy is an error at once', async () => {
  await using one = await listening(() => 404);
  assert.equal(await ask(one.url), { kind: 'errored', message: 'unexpected status code: 404 body: sorry' });
});

server('a server that ends a kept connection is asked again', async () => {
  await using one = await listening(() => accepted);
  const evaluator = createRemoteEvaluator({ tls: () => serverTls({ insecure: true }), most: 1, clock: steadyClock });
  const kinds: string[] = [];
  for (let count = 0; count < 3; count += 1) {
    kinds.push((await evaluator.evaluate({ policy: policy('a'), url: one.url }, new TextEncoder().encode('{}'))).kind);
    one.server.closeAllConnections();
  }
  evaluator.renew();
  kinds.push((await evaluator.evaluate({ policy: policy('a'), url: one.url }, new TextEncoder().encode('{}'))).kind);
  await evaluator.close();
  assert.equal(kinds, ['passed', 'passed', 'passed', 'passed']);
});

server('a connection is kept for many questions and opened anew after 20 seconds, so that new replicas are asked too', async () => {
  await using one = await listening(() => accepted);
  let connections = 0;
  one.server.on('secureConnection', () => (connections += 1));
  let nowMs = 0;
  const evaluator = createRemoteEvaluator({ tls: () => serverTls({ insecure: true }), most: 1, clock: { ...steadyClock, steadyMs: () => nowMs } });
  const counts: number[] = [];
  for (const atMs of [0, 5_000, 19_000, 21_000, 22_000]) {
    nowMs = atMs;
    await evaluator.evaluate({ policy: policy('a'), url: one.url }, new TextEncoder().encode('{}'));
    counts.push(connections);
  }
  await evaluator.close();
  assert.equal(counts, [1, 1, 1, 2, 2]);
});

server('certificates that are replaced are used for new connections; what cannot be used is told once, and the former ones stay', async () => {
  const folder = scratchFolder();
  const paths = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const place = ({ certificate, key: clientKey }: { readonly certificate: string; readonly key: string }): void => {
    writeFileSync(paths.certificate, certificate);
    writeFileSync(paths.key, clientKey);
  };
  const shown: string[] = [];
  await using one = await listening(() => accepted, { requestCert: true, rejectUnauthorized: true, ca: clients.pem });
  one.server.on('secureConnection', (socket) => shown.push(String(socket.getPeerCertificate().subject.CN)));
  place(await clients.issueClient('before'));
  const faults: string[] = [];
  const files = new TlsFiles({ insecure: true, authorities: undefined, client: paths }, ({ message }) => faults.push(message));
  const evaluator = createRemoteEvaluator({ tls: () => files.current(), most: 1, clock: steadyClock });
  const ask = async (): Promise<void> => {
    evaluator.renew();
    await evaluator.evaluate({ policy: policy('a'), url: one.url }, new TextEncoder().encode('{}'));
  };
  await ask();
  place({ ...(await clients.issueClient('half')), key: 'half a key' });
  await ask();
  await ask();
  place(await clients.issueClient('after'));
  await ask();
  await evaluator.close();
  assert.equal([...new Set(shown)], ['before', 'after']);
  assert.is(faults.length, 1);
  assert.match(faults[0] ?? '', /^--client-cert and --client-key: cannot use the certificate with the key: /);
});

server('a server that does not answer is an error a second after its time is over, and is not asked again', async () => {
  let asked = 0;
  const silent = createServer({ cert, key }, () => (asked += 1));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const begunMs = Date.now();
  const answer = await ask(`https://127.0.0.1:${(silent.address() as AddressInfo).port}`);
  silent.closeAllConnections();
  silent.close();
  assert.equal([answer, asked], [{ kind: 'errored', message: 'the policy-server did not answer within 11000 ms' }, 1]);
  assert.ok(Date.now() - begunMs < 15_000);
});

for (const [title, texts, message] of [
  ['authorities without a certificate', { authorities: 'no PEM' }, /^--extra-ca: the file holds no certificate in PEM$/],
  ['a certificate that is none', { client: { certificate: 'no PEM', key } }, /^--client-cert and --client-key: cannot use the certificate with the key: /],
  ['a key of another certificate', { client: { certificate: cert, key: (await authority.issueServer()).key } }, /^--client-cert and --client-key: cannot use the certificate with the key: /],
] as const) {
  server(`refused: ${title}`, () => assert.match(faultOf(() => serverTls({ insecure: false, ...texts })).message, message));
}

server.run();
