// The door for embedders: any waPC guest on the calling thread.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { createHost, jsonCodec, rawCodec, type WapcHostOptions } from '../../../lib/wapc/index.js';
import { faultOf } from '../../support/fault-of.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { bytesOf, guestModule } from '../../support/wapc-guest.js';

const hosts = suite('wapc/create-host');

const messagePackGuest = new WebAssembly.Module(fixtureBytes('messagepack'));

hosts('speaks MessagePack with a guest unless told otherwise', () => {
  const host = createHost(messagePackGuest);
  assert.is(host.call('sum', [1, 2, 300, -4]), 299);
  assert.is(host.call('sum', [2 ** 40, 1]), 2 ** 40 + 1);
  assert.is(host.call('sum', [9223372036854775806n, 1]), 9223372036854775807n);
});

hosts('every shape of MessagePack survives a guest that returns it', () => {
  const host = createHost(messagePackGuest);
  const value = { text: 'größe ☃', bytes: Uint8Array.of(0, 255), list: [null, true, -1, 1.5, 2 ** 33], nested: { ['__proto__']: 1 } };
  assert.equal(host.call('echo', value), value);
});

hosts('a guest that answers with an error is a fault with its text, and can be called again', () => {
  const host = createHost(messagePackGuest);
  const fault = faultOf(() => host.call('sum', 'no list'));
  assert.is(fault.code, 'GUEST_CALL_FAILED');
  assert.is(fault.message, 'Guest call failure: expected an array');
  assert.equal(fault.context, { operation: 'sum', outcome: 'failed' });
  assert.is(host.call('sum', [1]), 1);
});

hosts('an operation that the guest does not know is a fault', () => {
  assert.match(faultOf(() => createHost(messagePackGuest).call('product', [1])).message, /^Guest call failure: No handler registered for function product/);
});

const echo = guestModule({
  call: `
    (call $guest_request (i32.const 0) (i32.const 64))
    (call $guest_response (i32.const 64) (local.get $length))
    (i32.const 1)`,
});

hosts('speaks JSON when asked to', () => {
  const host = createHost(echo, { codec: jsonCodec });
  assert.equal(host.call('echo', { größe: [1, null] }), { größe: [1, null] });
});

hosts('hands bytes through when asked to', () => {
  const host = createHost(echo, { codec: rawCodec });
  assert.equal(host.call('echo', Uint8Array.of(0, 1, 255)), Uint8Array.of(0, 1, 255));
});

hosts('an answer that is no payload of the codec is a fault', () => {
  const host = createHost(guestModule({ fields: '(data (i32.const 0) "{")', call: '(call $guest_response (i32.const 0) (i32.const 1)) (i32.const 1)' }), { codec: jsonCodec });
  assert.is(faultOf(() => host.call('run', null)).code, 'CODEC_PAYLOAD_INVALID');
});

/** Makes the host call `kubewarden`, `net`, `lookup`, `name` and answers with what came back, error or not. */
const asking = guestModule({
  fields: '(data (i32.const 0) "kubewardennetlookupname")',
  call: `
    (if (call $host_call (i32.const 0) (i32.const 10) (i32.const 10) (i32.const 3) (i32.const 13) (i32.const 6) (i32.const 19) (i32.const 4))
      (then (call $host_response (i32.const 64)) (call $guest_response (i32.const 64) (call $host_response_len)))
      (else (call $host_error (i32.const 64)) (call $guest_response (i32.const 64) (call $host_error_len))))
    (i32.const 1)`,
});

function asked(options: Omit<WapcHostOptions<Uint8Array>, 'codec'>): string {
  return new TextDecoder().decode(createHost(asking, { ...options, codec: rawCodec }).call('run', new Uint8Array(0)));
}

hosts("the embedder's function answers the guest's calls", () => {
  const answer = asked({ hostCall: ({ binding, namespace, operation, payload }) => bytesOf(`${binding} ${namespace} ${operation} ${payload.byteLength}`) });
  assert.is(answer, 'kubewarden net lookup 4');
});

hosts('what the function throws reaches the guest as a message without prefix', () => {
  const refuse = (): never => {
    throw new Error('größe ☃');
  };
  assert.is(asked({ hostCall: refuse }), 'größe ☃');
});

hosts('without a function every call is refused with a sentence', () => {
  assert.is(asked({}), "the host answers no calls (the guest asked for 'net/lookup')");
});

hosts("console lines are handed over, and dropped without anybody to take them", () => {
  const lines: string[] = [];
  const module = guestModule({ fields: '(data (i32.const 0) "hello")', call: '(call $console_log (i32.const 0) (i32.const 5)) (call $guest_response (i32.const 0) (i32.const 0)) (i32.const 1)' });
  createHost(module, { codec: rawCodec, consoleLog: (text) => lines.push(text) }).call('run', new Uint8Array(0));
  createHost(module, { codec: rawCodec }).call('run', new Uint8Array(0));
  assert.equal(lines, ['hello']);
});

hosts('further imports are linked, with a way to the memory', () => {
  const module = guestModule({
    imports: '(import "clock" "now" (func $now (param i32)))',
    call: '(call $now (i32.const 0)) (call $guest_response (i32.const 0) (i32.const 1)) (i32.const 1)',
  });
  const host = createHost(module, {
    codec: rawCodec,
    imports: (memory) => ({ clock: { now: (at: number) => new Uint8Array(memory().buffer).set([42], at) } }),
  });
  assert.equal(host.call('run', new Uint8Array(0)), Uint8Array.of(42));
});

hosts('the limits of the exchange can be set', () => {
  const host = createHost(echo, { codec: rawCodec, limits: { payloadBytes: 3, textBytes: 10, hostCalls: 0 } });
  assert.is(host.call('echo', bytesOf('abc')).byteLength, 3);
  assert.match(faultOf(() => host.call('echo', bytesOf('abcd'))).message, /the guest handed over 4 bytes, the limit is 3/);
});

hosts('after a trap the host is dead and says why', () => {
  const host = createHost(guestModule({ call: 'unreachable' }), { codec: rawCodec });
  assert.is(faultOf(() => host.call('run', new Uint8Array(0))).message, 'Guest call failure: unreachable');
  const fault = faultOf(() => host.call('again', new Uint8Array(0)));
  assert.is(fault.code, 'GUEST_CALL_FAILED');
  assert.is(fault.message, "Cannot call 'again': the guest has trapped before (unreachable); create a new host.");
});

hosts('a guest that cannot be started is a fault', () => {
  const fault = faultOf(() => createHost(guestModule({ fields: '(func (export "_start") unreachable)' })));
  assert.is(fault.code, 'GUEST_START_FAILED');
  assert.is(fault.message, 'Cannot start the guest: unreachable');
});

hosts.run();
