import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { startedServer, type StartedServer } from '../../../support/policy-server/in-process.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';
import { rawConnection } from '../../../support/policy-server/raw-connection.js';
import { review } from '../../../support/policy-server/reviews.js';

// What a client of HTTP/1.1 may do wrong. Limits are short here, so that each can be seen to end what it bounds.
const abuse = suite('webhook-server/sockets/http1-abuse');

const limits = { headersMs: 400, requestMs: 1500, idleMs: 400, lingerMs: 300, checkMs: 50 };
const policies = { accept: { module: moduleUrl('adversarial/accept') } };
let started: StartedServer;
abuse.before(async () => {
  started = await startedServer({ policies, limits, flags: { 'max-body-size': '64KiB', 'max-buffered-size': '128KiB' } });
});
abuse.after(() => started[Symbol.asyncDispose]());

const requestLine = 'POST /validate/accept HTTP/1.1\r\nHost: localhost\r\n';
const jsonLine = 'Content-Type: application/json\r\n';
const body = review();

/** Others are served whatever one client does. */
const assertServing = async (): Promise<void> => {
  for (const client of started.clients) assert.is((await client.send({ path: '/validate/accept', body })).status, 200);
};
abuse.after.each(assertServing);

abuse('headers that never end are cut off', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(requestLine);
  connection.drip('X-More: x\r\n', 50);
  await connection.closed;
  assert.match(connection.received(), /^HTTP\/1\.1 408 /);
});

abuse('a connection that never says anything is cut off', async () => {
  using connection = await rawConnection(started.target);
  await connection.closed;
});

abuse('a connection that has nothing more to say is closed', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Content-Length: ${body.length}\r\n\r\n${body}`);
  await connection.receives(/^HTTP\/1\.1 200 /);
  await connection.closed;
});

abuse('a body that never ends is cut off', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Content-Length: 60000\r\n\r\n`);
  connection.drip(' ', 50);
  await connection.closed;
  assert.match(connection.received(), /^HTTP\/1\.1 408 /);
});

abuse('a body that is late for the request’s own timeout is answered with 503, then cut off', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`POST /validate/accept?timeout=200ms HTTP/1.1\r\nHost: localhost\r\n${jsonLine}Content-Length: 60000\r\n\r\n`);
  connection.drip(' ', 50);
  await connection.receives(/^HTTP\/1\.1 503 [^]*deadline passed before its body had arrived/);
  assert.not.match(connection.received(), /retry-after/i);
  await connection.closed;
});

for (const [title, framing, piece] of [
  ['with a declared length', 'Content-Length: 30000000\r\n\r\n', ' '.repeat(65536)],
  ['in chunks', 'Transfer-Encoding: chunked\r\n\r\n', `10000\r\n${' '.repeat(65536)}\r\n`],
] as const) {
  abuse(`a client that sends too much ${title} can read why, and cannot go on for ever`, async () => {
    using connection = await rawConnection(started.target);
    connection.socket.write(`${requestLine}${jsonLine}${framing}`);
    connection.drip(piece, 20);
    await connection.receives(/^HTTP\/1\.1 413 [^]*length limit exceeded/);
    await connection.closed;
  });
}

abuse('a client that sends too much in one go can read why before it reads anything else', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Content-Length: 4000000\r\n\r\n${' '.repeat(4_000_000)}`);
  await connection.receives(/^HTTP\/1\.1 413 /);
  // The rest of the body is not taken for a request.
  connection.socket.write(`${requestLine}${jsonLine}Content-Length: ${body.length}\r\n\r\n${body}`);
  await connection.receives(/HTTP\/1\.1 200 /);
});

abuse('a body in chunks is read without a length', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Transfer-Encoding: chunked\r\n\r\n`);
  for (const byte of body) connection.socket.write(`1\r\n${byte}\r\n`);
  connection.socket.write('0\r\n\r\n');
  await connection.receives(/^HTTP\/1\.1 200 /);
});

abuse('a client that asks first is told to go on', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Expect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`);
  await connection.receives(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
  connection.socket.write(body);
  await connection.receives(/HTTP\/1\.1 200 /);
});

abuse('a client that asks first is not told to go on when its body is too large or no JSON', async () => {
  for (const [headers, status] of [
    [`${jsonLine}Content-Length: 70000`, '413'],
    ['Content-Type: text/plain\r\nContent-Length: 7', '415'],
  ] as const) {
    using connection = await rawConnection(started.target);
    connection.socket.write(`${requestLine}${headers}\r\nExpect: 100-continue\r\n\r\n`);
    await connection.receives(new RegExp(`^HTTP/1\\.1 ${status} `));
    await connection.closed;
  }
});

abuse('an expectation nobody knows is 417', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Expect: miracles\r\nContent-Length: 0\r\n\r\n`);
  await connection.receives(/^HTTP\/1\.1 417 /);
});

abuse('headers beyond the limit are 431', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}X-Big: ${'x'.repeat(40_000)}\r\n\r\n`);
  await connection.closed;
  assert.match(connection.received(), /^HTTP\/1\.1 431 /);
});

for (const [title, bytes] of [
  ['no HTTP at all', 'hello\r\n\r\n'],
  ['a length and chunks at once', `${requestLine}${jsonLine}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ['two lengths', `${requestLine}${jsonLine}Content-Length: 5\r\nContent-Length: 6\r\n\r\n`],
  ['a chunk whose size is no number', `${requestLine}${jsonLine}Transfer-Encoding: chunked\r\n\r\nzz\r\n`],
  ['a header without end of line', `${requestLine}X-Bad: a\rb\r\n\r\n`],
  ['a version nobody speaks', 'POST / HTTP/9.9\r\n\r\n'],
] as const) {
  abuse(`${title} is 400 and the end of the connection`, async () => {
    using connection = await rawConnection(started.target);
    connection.socket.write(bytes);
    await connection.closed;
    assert.match(connection.received(), /^HTTP\/1\.1 400 /);
  });
}

abuse('a request to become something else is an ordinary one', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write(`${requestLine}${jsonLine}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  await connection.receives(/^HTTP\/1\.1 200 /);
});

abuse('a tunnel is not opened', async () => {
  using connection = await rawConnection(started.target);
  connection.socket.write('CONNECT example.test:443 HTTP/1.1\r\nHost: example.test\r\n\r\n');
  await connection.closed;
});

abuse('clients that hang up in the middle of a body give its bytes back', async () => {
  for (let count = 0; count < 10; count += 1) {
    using connection = await rawConnection(started.target);
    connection.socket.write(`${requestLine}${jsonLine}Content-Length: 60000\r\n\r\n${' '.repeat(50_000)}`);
    await new Promise((resolve) => connection.socket.write(' ', resolve));
  }
  // Ten times 50 kB would be far beyond the budget of 128 KiB.
  await assertServing();
});

abuse('bodies beyond the budget of all requests are 503, and within it again once others are done', async () => {
  const large = `${requestLine}${jsonLine}Content-Length: 64000\r\n\r\n${' '.repeat(63_000)}`;
  using first = await rawConnection(started.target);
  using second = await rawConnection(started.target);
  using third = await rawConnection(started.target);
  for (const { socket } of [first, second, third]) socket.write(large);
  await Promise.any([first, second, third].map((connection) => connection.receives(/^HTTP\/1\.1 503 [^]*Too many request bodies/)));
  for (const { socket } of [first, second, third]) socket.destroy();
  await Promise.all([first.closed, second.closed, third.closed]);
});

abuse('connections beyond the limit are not taken, and taken again once others are gone', async () => {
  await using few = await startedServer({ policies, limits: { maxConnections: 2 } });
  using first = await rawConnection(few.target);
  using second = await rawConnection(few.target);
  await rawConnection(few.target).then(
    (third) => third.closed,
    () => undefined,
  );
  first.socket.destroy();
  second.socket.destroy();
  await Promise.all([first.closed, second.closed]);
  for (;;) {
    const status = await few.http1.send({ path: '/validate/accept', body }).then(({ status }) => status, () => 0);
    if (status === 200) break;
  }
});

abuse('requests beyond the limit over all connections are 503', async () => {
  await using few = await startedServer({ policies, limits: { maxRequests: 1 } });
  using busy = await rawConnection(few.target);
  busy.socket.write(`${requestLine}${jsonLine}Content-Length: 60000\r\n\r\n `);
  await busy.receives(/^$/);
  for (const client of few.clients) {
    for (;;) {
      const answer = await client.send({ path: '/validate/accept', body });
      if (answer.status === 200) continue; // the busy one has not arrived yet
      assert.is(answer.status, 503);
      assert.match(answer.text, 'Too many requests at once');
      assert.is(answer.headers['retry-after'], undefined);
      break;
    }
  }
});

abuse.run();
