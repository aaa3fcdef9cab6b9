import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';

import { deadlineAfter, type Deadline } from 'wasmwarden';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { BodyReader } from '../../../../integrations/webhook-server/src/middleware/body-reader.js';
import { rejectionOf } from '../../../support/rejection.js';

const bodies = suite('webhook-server/middleware/body-reader');

const now = (): number => Number(process.hrtime.bigint()) / 1e6;
const later = (): Deadline => deadlineAfter(60_000);
const reader = (limits: { readonly maxBodyBytes?: number; readonly maxBufferedBytes?: number } = {}): BodyReader => new BodyReader({ maxBodyBytes: 100, maxBufferedBytes: 1000, ...limits }, now);

/** A request whose body the test sends. */
function incoming(headers: Record<string, string> = {}): IncomingMessage {
  const request = new IncomingMessage(new Socket());
  Object.assign(request.headers, headers);
  return request;
}

const source = (request: IncomingMessage, deadline = later()): Parameters<BodyReader['read']>[0] => ({ request, deadline, invite: () => undefined });

bodies('a body comes together from its pieces, and counts until it is released', async () => {
  const read = reader();
  const request = incoming();
  const body = read.read(source(request));
  for (const piece of ['one ', 'two ', 'three']) request.push(piece);
  request.push(null);
  const held = await body;
  assert.is(Buffer.from(held.bytes).toString(), 'one two three');
  assert.is(read.bufferedBytes, 13);
  held.release();
  held.release();
  assert.is(read.bufferedBytes, 0, 'twice is once');
});

bodies('no body is a body of zero bytes', async () => {
  const request = incoming();
  request.push(null);
  assert.is((await reader().read(source(request))).bytes.byteLength, 0);
});

bodies('the client is told to go on only when its body may come', async () => {
  const invited: string[] = [];
  const ask = (headers: Record<string, string>): Promise<unknown> => {
    const request = incoming(headers);
    request.push(null);
    return reader().read({ request, deadline: later(), invite: () => invited.push(JSON.stringify(headers)) });
  };
  await ask({ 'content-length': '100' });
  assert.is((await rejectionOf(ask({ 'content-length': '101' }))).code, 'BODY_TOO_LARGE');
  assert.is(invited.length, 1);
});

bodies('a body at the limit is read, one byte more is not, and gives back what it took', async () => {
  const read = reader();
  const fitting = incoming();
  fitting.push(Buffer.alloc(100));
  fitting.push(null);
  (await read.read(source(fitting))).release();
  const larger = incoming();
  larger.push(Buffer.alloc(60));
  larger.push(Buffer.alloc(41));
  assert.is((await rejectionOf(read.read(source(larger)))).code, 'BODY_TOO_LARGE');
  assert.is(read.bufferedBytes, 0);
});

bodies('a length that is no number is left to the bytes that come', async () => {
  const request = incoming({ 'content-length': 'many' });
  request.push('x');
  request.push(null);
  assert.is((await reader().read(source(request))).bytes.byteLength, 1);
});

bodies('bodies together stay within the budget of all', async () => {
  const read = reader({ maxBufferedBytes: 150 });
  const first = incoming();
  first.push(Buffer.alloc(100));
  first.push(null);
  const held = await read.read(source(first));
  const ask = (): Promise<unknown> => {
    const request = incoming();
    request.push(Buffer.alloc(60));
    request.push(null);
    return read.read(source(request));
  };
  const fault = await rejectionOf(ask());
  assert.equal([fault.code, fault.retryable], ['BODY_BUDGET_EXHAUSTED', true]);
  assert.is(read.bufferedBytes, 100);
  held.release();
  await ask();
});

bodies('a client that goes away is a fault and gives back what it took', async () => {
  for (const leave of [(request: IncomingMessage) => request.destroy(), (request: IncomingMessage) => request.destroy(new Error('reset'))]) {
    const read = reader();
    const request = incoming();
    const body = read.read(source(request));
    request.push('half');
    leave(request);
    assert.is((await rejectionOf(body)).code, 'BODY_ABORTED');
    assert.is(read.bufferedBytes, 0);
  }
});

bodies('a body that is not there by the deadline is a fault', async () => {
  const request = incoming();
  request.push('half');
  const fault = await rejectionOf(reader().read(source(request, deadlineAfter(20))));
  assert.equal([fault.code, fault.retryable], ['REQUEST_DEADLINE_EXCEEDED', true]);
});

bodies.run();
