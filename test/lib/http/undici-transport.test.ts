// The real network, on loopback.
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';

import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Trust } from '../../../lib/http/access.js';
import { readBody } from '../../../lib/http/body.js';
import { createUndiciTransport, type UndiciTransportOptions } from '../../../lib/http/undici-transport.js';
import { makeCertificates } from '../../support/certificates.js';
import { rejectionOf } from '../../support/rejection.js';
import { startWebServer } from '../../support/web-server.js';

const transport = suite('http/undici-transport');

const certificates = makeCertificates();
const elsewhere = makeCertificates('DNS:elsewhere.example');
const plain: Trust = { kind: 'plain' };

async function get(url: string, trust: Trust, options: UndiciTransportOptions & { readonly signal?: AbortSignal } = {}) {
  const network = createUndiciTransport(options);
  try {
    const answer = await network.send({ method: 'GET', url: new URL(url), headers: {}, trust, signal: options.signal ?? new AbortController().signal });
    return { status: answer.status, headers: answer.headers, text: new TextDecoder().decode(await readBody(answer, 100)) };
  } finally {
    await network.close();
  }
}

transport('a plain server answers', async () => {
  await using server = await startWebServer((_request, response) => response.writeHead(203, { 'X-One': 'a', 'Set-Cookie': ['b', 'c'] }).end('hello'));
  const answer = await get(server.origin, plain);
  assert.is(answer.status, 203);
  assert.is(answer.headers['x-one'], 'a');
  assert.is(answer.headers['set-cookie'], 'b, c');
  assert.is(answer.text, 'hello');
});

transport('a server with a private authority is trusted where the authority is', async () => {
  await using server = await startWebServer((_request, response) => response.end('hello'), certificates);
  assert.is((await get(server.origin, { kind: 'verified', authorities: [certificates.ca] })).text, 'hello');
  assert.is((await get(server.origin, { kind: 'unverified' })).text, 'hello');
  for (const authorities of [[], [elsewhere.ca]]) {
    const fault = await rejectionOf(get(server.origin, { kind: 'verified', authorities }));
    assert.is(fault.code, 'HTTP_UNTRUSTED');
    assert.match(fault.message, `${server.host} cannot be used: its certificate is signed by no trusted authority`);
  }
});

transport("a certificate for another host is refused although its authority is trusted", async () => {
  await using server = await startWebServer((_request, response) => response.end(), elsewhere);
  const fault = await rejectionOf(get(server.origin, { kind: 'verified', authorities: [elsewhere.ca] }));
  assert.is(fault.code, 'HTTP_UNTRUSTED');
  assert.match(fault.message, 'its certificate is for another host');
});

transport('a server that speaks no TLS is told as such', async () => {
  await using server = await startWebServer((_request, response) => response.end());
  const fault = await rejectionOf(get(server.origin.replace('http:', 'https:'), { kind: 'verified', authorities: [] }));
  assert.is(fault.code, 'HTTP_UNREACHABLE');
  assert.match(fault.message, 'does not speak TLS');
  assert.is(fault.retryable, false);
});

transport('a port nobody listens on is told as refused', async () => {
  const { host } = await closedServer();
  const fault = await rejectionOf(get(`http://${host}`, plain));
  assert.is(fault.code, 'HTTP_UNREACHABLE');
  assert.is(fault.message, `${host} cannot be used: the connection was refused (ECONNREFUSED)`);
});

transport('a connection that is reset before the answer may be tried again', async () => {
  await using server = await startWebServer((request) => request.socket.destroy());
  const fault = await rejectionOf(get(server.origin, plain));
  assert.is(fault.code, 'HTTP_INTERRUPTED');
  assert.is(fault.retryable, true);
});

transport('a connection that is reset in the body is told while reading', async () => {
  await using server = await startWebServer((request, response) => {
    response.writeHead(200, { 'content-length': '10' }).write('half', () => request.socket.destroy());
  });
  const fault = await rejectionOf(get(server.origin, plain));
  assert.is(fault.code, 'HTTP_INTERRUPTED');
  assert.is(fault.retryable, true);
});

transport('a server that hangs up in the handshake may be tried again', async () => {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const fault = await rejectionOf(get(`https://127.0.0.1:${port}/`, { kind: 'verified', authorities: [] }));
  assert.is(fault.code, 'HTTP_INTERRUPTED');
  server.close();
});

transport('a server that never answers is given up', async () => {
  await using server = await startWebServer(() => undefined);
  const fault = await rejectionOf(get(server.origin, plain, { idleTimeoutMs: 50 }));
  assert.is(fault.code, 'HTTP_TIMEOUT');
  assert.match(fault.message, 'the server did not answer in time');
});

transport('a server that stops in the body is given up', async () => {
  await using server = await startWebServer((_request, response) => void response.writeHead(200, { 'content-length': '10' }).write('half'));
  const fault = await rejectionOf(get(server.origin, plain, { idleTimeoutMs: 50 }));
  assert.is(fault.code, 'HTTP_TIMEOUT');
  assert.match(fault.message, 'the server stopped sending');
});

transport('a body that is larger than allowed is read no further', async () => {
  await using server = await startWebServer((_request, response) => response.end('x'.repeat(101)));
  assert.is((await rejectionOf(get(server.origin, plain))).code, 'HTTP_ANSWER_TOO_LARGE');
});

transport('headers that are larger than allowed are refused', async () => {
  await using server = await startWebServer((_request, response) => response.writeHead(200, { 'x-big': 'x'.repeat(20_000) }).end());
  assert.is((await rejectionOf(get(server.origin, plain))).code, 'HTTP_ANSWER_TOO_LARGE');
});

transport('the caller may leave at any time', async () => {
  const leaver = new AbortController();
  await using server = await startWebServer(() => leaver.abort());
  assert.is((await rejectionOf(get(server.origin, plain, { signal: leaver.signal }))).code, 'HTTP_ABORTED');
  assert.is((await rejectionOf(get(server.origin, plain, { signal: AbortSignal.abort() }))).code, 'HTTP_ABORTED');
});

transport('plain requests reach a proxy with the whole URL, and the password of the proxy stays with it', async () => {
  await using proxy = await startWebServer((request, response) => response.end(`${request.url ?? ''} ${request.headers['proxy-authorization'] ?? ''}`));
  const answer = await get('http://nowhere.example/x?y=1', plain, { proxies: { http: new URL(`http://user:pass@${proxy.host}`), except: [] } });
  assert.is(answer.text, 'http://nowhere.example/x?y=1 Basic dXNlcjpwYXNz');
});

transport('TLS goes through the proxy in a tunnel and is verified at its end', async () => {
  await using server = await startWebServer((_request, response) => response.end('inside'), certificates);
  const tunnels = await tunnelling(server.host);
  try {
    const proxies = { https: new URL(`http://user:p%40ss@${tunnels.host}`), except: [] };
    assert.is((await get(server.origin, { kind: 'verified', authorities: [certificates.ca] }, { proxies })).text, 'inside');
    assert.equal(tunnels.shown, [`Basic ${Buffer.from('user:p@ss').toString('base64')}`]);
    assert.is((await rejectionOf(get(server.origin, { kind: 'verified', authorities: [] }, { proxies }))).code, 'HTTP_UNTRUSTED');
  } finally {
    await tunnels.close();
  }
});

const badProxies: readonly (readonly [string, (socket: Socket) => void, string])[] = [
  ['closes the connection', (socket) => socket.destroy(), 'the proxy cannot be reached'],
  ['says no', (socket) => void socket.write('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n'), 'the proxy refused the connection'],
  ['never answers', () => undefined, 'the proxy refused the connection'],
];
for (const [title, behave, found] of badProxies) {
  transport(`a proxy that ${title} is a failure, once`, async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.once('data', () => behave(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    const proxy = new URL(`http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`);
    const fault = await rejectionOf(get('https://nowhere.example/', { kind: 'unverified' }, { proxies: { https: proxy, except: [] }, connectTimeoutMs: 100 }));
    assert.is(fault.code, 'HTTP_UNREACHABLE');
    assert.match(fault.message, found);
    assert.is(connections, 1);
    server.close();
  });
}

/** A proxy that tunnels to one place only. */
async function tunnelling(target: string) {
  const server = createHttpServer();
  const shown: (string | undefined)[] = [];
  server.on('connect', (request, socket) => {
    shown.push(request.headers['proxy-authorization']);
    const upstream = connect(Number(target.split(':')[1]), '127.0.0.1', () => {
      socket.write(request.url === target ? 'HTTP/1.1 200 OK\r\n\r\n' : 'HTTP/1.1 403 Forbidden\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    shown,
    host: `127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`,
    close: () => new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    }),
  };
}

async function closedServer() {
  const server = await startWebServer(() => undefined);
  await server[Symbol.asyncDispose]();
  return server;
}

transport.run();
