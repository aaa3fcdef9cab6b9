import { createServer, type Server as SecureServer } from 'node:https';
import type { IncomingMessage, RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { readBody } from '../../../lib/http/body.js';
import type { Connection, TlsIdentity } from '../../../lib/kubernetes/connection.js';
import { createHttpsTransport } from '../../../lib/kubernetes/https-transport.js';
import type { ClusterRequest, ClusterTransport } from '../../../lib/kubernetes/transport.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { rejectionOf } from '../../support/rejection.js';
import { startWebServer } from '../../support/web-server.js';
import { plainConnection } from './api-server.js';

const transports = suite('kubernetes/https-transport');

let certificates: TestCertificates;
transports.before(() => {
  certificates = makeCertificates();
});

function requestTo(connection: Connection, more: Partial<ClusterRequest> = {}): ClusterRequest {
  return { method: 'GET', path: '/version', headers: {}, connection, idleTimeoutMs: 10_000, streaming: false, signal: new AbortController().signal, ...more };
}

async function textOf(transport: ClusterTransport, request: ClusterRequest): Promise<string> {
  return new TextDecoder().decode(await readBody(await transport.send(request), 1000));
}

interface Secure extends AsyncDisposable {
  readonly server: SecureServer;
  readonly sockets: Socket[];
  readonly connection: (tls?: Partial<TlsIdentity>) => Connection;
}

/** A server over TLS that asks for certificates and accepts any. */
async function startSecure(answer: RequestListener): Promise<Secure> {
  const sockets: Socket[] = [];
  const server = createServer({ cert: certificates.certificate, key: certificates.key, requestCert: true, rejectUnauthorized: false }, answer);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    server,
    sockets,
    connection: (tls = {}) => ({ server: new URL(`https://localhost:${port}`), tls: { ca: certificates.ca, verified: true, ...tls }, headers: {} }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function subjectOf({ socket }: IncomingMessage): string {
  // Without a certificate Node gives an empty object, whatever its types say.
  const { subject } = socket instanceof TLSSocket ? (socket.getPeerCertificate() as { readonly subject?: { readonly CN: string } }) : {};
  return subject?.CN ?? 'nobody';
}

transports('the client shows its certificate, and trusts only the authority of the cluster', async () => {
  await using server = await startSecure((request, response) => response.end(subjectOf(request)));
  const transport = createHttpsTransport();
  assert.is(await textOf(transport, requestTo(server.connection())), 'nobody');
  assert.is(await textOf(transport, requestTo(server.connection({ certificate: certificates.certificate, key: certificates.key }))), 'test server');
  const { ca } = makeCertificates();
  for (const tls of [{ ca }, { ca: undefined }]) {
    const fault = await rejectionOf(transport.send(requestTo(server.connection(tls))));
    assert.equal([fault.code, fault.retryable], ['HTTP_UNTRUSTED', false]);
  }
  assert.is(await textOf(transport, requestTo(server.connection({ ca, verified: false }))), 'nobody');
  transport.close();
});

transports('a certificate for another name is refused unless that name is expected', async () => {
  await using server = await startSecure((_, response) => response.end('ok'));
  const transport = createHttpsTransport();
  assert.is((await rejectionOf(transport.send(requestTo(server.connection({ serverName: 'kubernetes.default' }))))).code, 'HTTP_UNTRUSTED');
  const byAddress = { ...server.connection({ serverName: 'localhost' }), server: new URL(server.connection().server.href.replace('localhost', '127.0.0.1')) };
  assert.is(await textOf(transport, requestTo(byAddress)), 'ok');
  transport.close();
});

transports('requests share connections until the identity changes; streams have their own', async () => {
  await using server = await startSecure((_, response) => response.end('ok'));
  const transport = createHttpsTransport();
  for (let count = 0; count < 3; count += 1) await textOf(transport, requestTo(server.connection()));
  assert.is(server.sockets.length, 1);
  await textOf(transport, requestTo(server.connection(), { streaming: true }));
  assert.is(server.sockets.length, 2);
  await textOf(transport, requestTo(server.connection({ certificate: certificates.certificate, key: certificates.key })));
  assert.is(server.sockets.length, 3);
  transport.close();
});

transports('an identity that is replaced keeps what is under way, and lets idle connections go', async () => {
  const answers: (() => void)[] = [];
  let arrived: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (arrived = resolve));
  await using server = await startSecure((request, response) => {
    if (request.url !== '/slow') response.end('ok');
    else {
      answers.push(() => response.end('slow'));
      arrived();
    }
  });
  const transport = createHttpsTransport();
  const identities = [{}, { certificate: certificates.certificate, key: certificates.key }, {}, { serverName: 'localhost' }];
  const slow = textOf(transport, requestTo(server.connection(identities[0]), { path: '/slow' }));
  await asked;
  await textOf(transport, requestTo(server.connection(identities[1])));
  const idle = server.sockets[1];
  const closed = new Promise((resolve) => idle?.on('close', resolve));
  await textOf(transport, requestTo(server.connection(identities[2])));
  await closed;
  answers.forEach((answer) => answer());
  assert.is(await slow, 'slow');
  await textOf(transport, requestTo(server.connection(identities[3])));
  transport.close();
});

transports('headers of the connection and of the request go out, and a path of the server stays in front', async () => {
  await using server = await startWebServer((request, response) => response.end(JSON.stringify([request.url, request.headers.authorization, request.headers['x-one'], request.headers['content-length']])));
  const transport = createHttpsTransport();
  const connection = plainConnection(`${server.origin}/clusters/c1/`, { authorization: 'Bearer t' });
  assert.equal(JSON.parse(await textOf(transport, requestTo(connection, { method: 'POST', path: '/api/v1/pods?limit=1', headers: { 'x-one': '1' }, body: new TextEncoder().encode('ü') }))), ['/clusters/c1/api/v1/pods?limit=1', 'Bearer t', '1', '2']);
  transport.close();
});

transports('a GET for which a kept connection proves dead goes out again; what changes something does not', async () => {
  let dead = false;
  const seen: string[] = [];
  await using server = await startWebServer((request, response) => {
    seen.push(request.method ?? '');
    if (!dead) response.end('ok');
    else {
      dead = false;
      request.socket.resetAndDestroy();
    }
  });
  const transport = createHttpsTransport();
  const connection = plainConnection(server.origin);
  await textOf(transport, requestTo(connection));
  dead = true;
  assert.is(await textOf(transport, requestTo(connection)), 'ok');
  dead = true;
  const fault = await rejectionOf(transport.send(requestTo(connection, { method: 'POST', body: new Uint8Array() })));
  assert.equal([fault.code, fault.retryable], ['HTTP_INTERRUPTED', true]);
  assert.equal(seen, ['GET', 'GET', 'GET', 'POST']);
  transport.close();
});

transports('a new connection that breaks is not tried again', async () => {
  await using server = await startWebServer((request) => request.socket.resetAndDestroy());
  const transport = createHttpsTransport();
  assert.is((await rejectionOf(transport.send(requestTo(plainConnection(server.origin))))).code, 'HTTP_INTERRUPTED');
  assert.is(server.seen.length, 1);
  transport.close();
});

transports('a server that is not there is unreachable', async () => {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const transport = createHttpsTransport();
  assert.is((await rejectionOf(transport.send(requestTo(plainConnection(`http://127.0.0.1:${port}`))))).code, 'HTTP_UNREACHABLE');
  transport.close();
});

transports('a handshake that is never answered counts as silence', async () => {
  const sockets: Socket[] = [];
  const server = createTcpServer((socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const transport = createHttpsTransport();
  const connection: Connection = { server: new URL(`https://127.0.0.1:${port}`), tls: { verified: true }, headers: {} };
  const fault = await rejectionOf(transport.send(requestTo(connection, { idleTimeoutMs: 50 })));
  assert.equal([fault.code, fault.retryable], ['HTTP_TIMEOUT', true]);
  transport.close();
  sockets.forEach((socket) => socket.destroy());
  await new Promise((resolve) => server.close(resolve));
});

transports('at most 32 requests are under way; streams come on top', async () => {
  const waiting: (() => void)[] = [];
  let streams = 0;
  let arrived: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (arrived = resolve));
  await using server = await startWebServer((request, response) => {
    if (request.url === '/stream') streams += 1;
    else waiting.push(() => void response.end('ok'));
    if (request.url === '/stream') response.end('ok');
    if (waiting.length >= 32 && streams === 40) arrived();
  });
  const transport = createHttpsTransport();
  const connection = plainConnection(server.origin);
  const requests = Array.from({ length: 40 }, () => textOf(transport, requestTo(connection)));
  await Promise.all(Array.from({ length: 40 }, () => textOf(transport, requestTo(connection, { path: '/stream', streaming: true }))));
  await all;
  assert.is(waiting.length, 32);
  let answered = 0;
  const timer = setInterval(() => waiting.splice(0).forEach((answer) => answer()), 1);
  for (const request of requests) if ((await request) === 'ok') answered += 1;
  clearInterval(timer);
  assert.is(answered, 40);
  transport.close();
});

transports('a proxy of the configuration is used', async () => {
  await using server = await startWebServer((_, response) => response.end('ok'));
  const { Agent } = await import('node:http');
  const agent = new Agent();
  let used = 0;
  const counting = Object.assign(agent, { createConnection: ((create) => (...args: Parameters<typeof create>) => ((used += 1), create.apply(agent, args)))(agent.createConnection.bind(agent)) });
  const transport = createHttpsTransport();
  assert.is(await textOf(transport, requestTo({ ...plainConnection(server.origin), proxyAgent: counting })), 'ok');
  assert.is(used, 1);
  transport.close();
});

transports('closed, it ends what is under way, and its idle connections', async () => {
  let arrived: () => void = () => undefined;
  const asked = new Promise<void>((resolve) => (arrived = resolve));
  await using server = await startSecure((request, response) => {
    if (request.url === '/idle') response.end('ok');
    else arrived();
  });
  const transport = createHttpsTransport();
  await textOf(transport, requestTo(server.connection(), { path: '/idle' }));
  const closed = server.sockets.map((socket) => new Promise((resolve) => socket.on('close', resolve)));
  const pending = rejectionOf(transport.send(requestTo(server.connection())));
  await asked;
  transport.close();
  assert.is((await pending).code, 'HTTP_ABORTED');
  await Promise.all(closed);
  assert.is((await rejectionOf(transport.send(requestTo(server.connection())))).message, 'the client has been closed');
});

transports.run();
