import { connect } from 'node:http2';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { frame, frameFlag, framesOf, frameType, headerBlock, postBlock, preface } from '../../../support/policy-server/http2-frames.js';
import { startedServer, type StartedServer } from '../../../support/policy-server/in-process.js';
import { moduleUrl } from '../../../support/policy-server/modules.js';
import { rawConnection, type RawConnection } from '../../../support/policy-server/raw-connection.js';
import { review } from '../../../support/policy-server/reviews.js';

// What a client of HTTP/2 may do wrong, in frames by hand. Limits are short here, so that each can be seen to end what it bounds.
const abuse = suite('webhook-server/sockets/http2-abuse');

const limits = { headersMs: 400, requestMs: 1500, idleMs: 400, lingerMs: 300, maxStreams: 4 };
let started: StartedServer;
abuse.before(async () => {
  started = await startedServer({ policies: { accept: { module: moduleUrl('adversarial/accept') } }, limits, flags: { 'max-body-size': '64KiB', 'max-buffered-size': '128KiB' } });
});
abuse.after(() => started[Symbol.asyncDispose]());

const body = review();
const path = '/validate/accept';
const { endHeaders, endStream } = frameFlag;

abuse.after.each(async () => {
  for (const client of started.clients) assert.is((await client.send({ path, body })).status, 200, 'others are served whatever one client does');
});

/** A session that has begun. */
async function rawSession(): Promise<RawConnection> {
  const connection = await rawConnection(started.target, 'h2');
  connection.socket.write(preface);
  return connection;
}

const headers = (stream: number, block: Uint8Array, flags: number = endHeaders): Buffer => frame(frameType.headers, flags, stream, block);
const data = (stream: number, bytes: string, flags: number = endStream): Buffer => frame(frameType.data, flags, stream, Buffer.from(bytes));
const typesOf = (connection: RawConnection, stream?: number): number[] => framesOf(connection.received()).filter((one) => stream === undefined || one.stream === stream).map(({ type }) => type);

/** Waits until a frame of that type (and stream) is there. */
async function receivesFrame(connection: RawConnection, type: number, stream: number): Promise<void> {
  for (;;) {
    if (typesOf(connection, stream).includes(type)) return;
    await Promise.race([new Promise((resolve) => connection.socket.once('data', resolve)), connection.closed.then(() => Promise.reject(new Error(`the session ended with the frames ${typesOf(connection).join(', ')}`)))]);
  }
}

abuse('a request by hand is answered', async () => {
  using connection = await rawSession();
  connection.socket.write(Buffer.concat([headers(1, postBlock(path)), data(1, body)]));
  await receivesFrame(connection, frameType.data, 1);
  assert.match(connection.received(), '"allowed":true');
});

abuse('a session that never makes a request is closed', async () => {
  using connection = await rawSession();
  await connection.closed;
  assert.ok(typesOf(connection).includes(frameType.goAway));
});

abuse('a connection that never says a word of HTTP/2 is closed', async () => {
  using connection = await rawConnection(started.target, 'h2');
  await connection.closed;
});

abuse('pings do not keep a session open', async () => {
  using connection = await rawSession();
  connection.socket.write(Buffer.concat([headers(1, postBlock(path)), data(1, body)]));
  connection.drip(frame(frameType.ping, 0, 0, Buffer.alloc(8)), 50);
  await connection.closed;
  assert.match(connection.received(), '"allowed":true');
});

abuse('headers that never end do not keep a session open', async () => {
  using connection = await rawSession();
  connection.socket.write(headers(1, postBlock(path), 0));
  connection.drip(frame(frameType.continuation, 0, 1, headerBlock({ 'x-more': 'x' })), 50);
  await connection.closed;
});

abuse('a body that never ends is cut off', async () => {
  using connection = await rawSession();
  connection.socket.write(headers(1, postBlock(path)));
  connection.drip(data(1, ' ', 0), 50);
  await receivesFrame(connection, frameType.resetStream, 1);
});

abuse('a body that is late for the request’s own timeout is answered, then cut off', async () => {
  using connection = await rawSession();
  connection.socket.write(headers(1, postBlock(`${path}?timeout=200ms`)));
  connection.drip(data(1, ' ', 0), 50);
  await receivesFrame(connection, frameType.resetStream, 1);
  assert.match(connection.received(), 'deadline passed before its body had arrived');
});

abuse('a client that sends too much can read why, and cannot go on for ever', async () => {
  using connection = await rawSession();
  connection.socket.write(headers(1, postBlock(path, { 'content-length': '30000000' })));
  connection.drip(data(1, ' '.repeat(1000), 0), 20);
  await receivesFrame(connection, frameType.resetStream, 1);
  assert.match(connection.received(), 'length limit exceeded');
  assert.ok(typesOf(connection, 1).indexOf(frameType.data) < typesOf(connection, 1).indexOf(frameType.resetStream), 'the answer comes first');
});

abuse('a client that asks first is told to go on, unless its body is too large', async () => {
  using connection = await rawSession();
  connection.socket.write(headers(1, postBlock(path, { expect: '100-continue' })));
  await receivesFrame(connection, frameType.headers, 1);
  connection.socket.write(data(1, body));
  await receivesFrame(connection, frameType.data, 1);
  assert.match(connection.received(), '"allowed":true');
  connection.socket.write(headers(3, postBlock(path, { 'expect': '100-continue', 'content-length': '70000' })));
  await receivesFrame(connection, frameType.data, 3);
  assert.match(connection.received(), 'length limit exceeded');
  assert.equal(typesOf(connection, 3).filter((type) => type === frameType.headers).length, 1, 'one status, and not 100');
});

abuse('streams beyond the limit of a session are refused', async () => {
  using connection = await rawSession();
  for (let stream = 1; stream <= 21; stream += 2) connection.socket.write(headers(stream, postBlock(path)));
  await receivesFrame(connection, frameType.resetStream, 21);
});

abuse('a session that opens and resets streams without end is ended', async () => {
  using connection = await rawSession();
  const cancel = Buffer.from([0, 0, 0, 8]);
  for (let stream = 1; stream < 20_000 && connection.socket.writable; stream += 2) {
    connection.socket.write(Buffer.concat([headers(stream, postBlock(path)), frame(frameType.resetStream, 0, stream, cancel)]));
    if (stream % 1001 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await connection.closed;
  const end = framesOf(connection.received()).find(({ type }) => type === frameType.goAway);
  assert.is.not(end?.payload.readUInt32BE(4), 0, 'for its resets, and not for being idle afterwards');
});

abuse('a session that makes requests and resets them at once costs others nothing', async () => {
  using connection = await rawSession();
  const cancel = Buffer.from([0, 0, 0, 8]);
  for (let stream = 1; stream < 800; stream += 2) connection.socket.write(Buffer.concat([headers(stream, postBlock(path)), data(stream, body), frame(frameType.resetStream, 0, stream, cancel)]));
  connection.socket.write(Buffer.concat([headers(801, postBlock(path)), data(801, body)]));
  await receivesFrame(connection, frameType.data, 801);
});

abuse('headers beyond the limit end the stream or the session', async () => {
  using connection = await rawSession();
  const big = Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`x-big-${index}`, 'x'.repeat(10_000)]));
  const block = postBlock(path, big);
  connection.socket.write(headers(1, block.subarray(0, 16_000), endStream));
  for (let at = 16_000; at < block.length; at += 16_000) connection.socket.write(frame(frameType.continuation, at + 16_000 >= block.length ? endHeaders : 0, 1, block.subarray(at, at + 16_000)));
  await Promise.race([receivesFrame(connection, frameType.resetStream, 1), connection.closed]);
  assert.not.match(connection.received(), '"allowed":true');
});

for (const [title, block] of [
  ['CONNECT', headerBlock({ ':method': 'CONNECT', ':authority': 'example.test:443' })],
  ['a method nobody knows', headerBlock({ ':method': 'BREW', ':scheme': 'https', ':path': path, ':authority': 'localhost' })],
  ['no path', headerBlock({ ':method': 'POST', ':scheme': 'https', ':authority': 'localhost' })],
  ['an asterisk for a path', headerBlock({ ':method': 'OPTIONS', ':scheme': 'https', ':path': '*', ':authority': 'localhost' })],
  ['an absolute URL for a path', headerBlock({ ':method': 'POST', ':scheme': 'https', ':path': 'https://localhost/validate/accept', ':authority': 'localhost' })],
  ['a header of HTTP/1.1', postBlock(path, { connection: 'close' })],
  ['an expectation nobody knows', postBlock(path, { expect: 'miracles' })],
] as const) {
  abuse(`${title} ends in a status or a reset`, async () => {
    using connection = await rawSession();
    connection.socket.write(headers(1, block, endHeaders | endStream));
    await Promise.race([receivesFrame(connection, frameType.headers, 1), receivesFrame(connection, frameType.resetStream, 1), connection.closed]);
  });
}

for (const [title, bytes] of [
  ['a frame of no known type', frame(200, 0, 0, Buffer.alloc(100))],
  ['data on a stream that is not open', data(7, 'x')],
  ['headers on a stream of the server', headers(2, postBlock(path))],
  ['a window of more than it can be', Buffer.concat([frame(frameType.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff])), frame(frameType.windowUpdate, 0, 0, Buffer.from([0x7f, 0xff, 0xff, 0xff]))])],
  ['a header block of no sense', headers(1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))],
  ['settings of half a setting', frame(frameType.settings, 0, 0, Buffer.alloc(5))],
  ['what is no frame', Buffer.from('POST / HTTP/1.1\r\n\r\n'.repeat(10))],
] as const) {
  abuse(`${title} is no one else's problem`, async () => {
    using connection = await rawSession();
    connection.socket.write(bytes);
    await connection.closed; // at the latest by the limit on sessions without a request
  });
}

abuse('a client that does not read its answers cannot make the server hold them without end', async () => {
  using connection = await rawSession();
  // A window of nothing: every answer has to wait.
  connection.socket.write(frame(frameType.settings, 0, 0, Buffer.from([0, 4, 0, 0, 0, 0])));
  connection.socket.write(Buffer.concat([headers(1, postBlock(path)), data(1, body)]));
  await receivesFrame(connection, frameType.resetStream, 1);
});

abuse('bodies beyond the budget of all requests are 503, and what resets give back can be used', async () => {
  const session = connect(`https://localhost:${started.target.port}`, { ca: started.target.ca }).on('error', () => undefined);
  const statusOf = (hold: boolean): Promise<number> =>
    new Promise((resolve) => {
      const stream = session.request({ ':path': path, ':method': 'POST', 'content-type': 'application/json' }).on('error', () => undefined);
      stream.on('response', (answer) => resolve(Number(answer[':status']))).resume();
      stream.write(' '.repeat(60_000));
      if (!hold) stream.end(body);
    });
  const first = [statusOf(true), statusOf(true), statusOf(true)];
  assert.is(await Promise.any(first), 503);
  session.destroy();
});

abuse.run();
