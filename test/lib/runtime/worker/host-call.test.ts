// The blocking half of a host call: which answer belongs to which question.
import { MessageChannel } from 'node:worker_threads';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { HostReply } from '../../../../lib/runtime/bridge/wire.js';
import { blockingHostCall } from '../../../../lib/runtime/worker/host-call.js';
import type { HostAnswer, HostCall } from '../../../../lib/wapc/protocol.js';
import { bytesOf } from '../../../support/wapc-guest.js';

const hostCalls = suite('runtime/worker/host-call');

const call: HostCall = { binding: 'b', namespace: 'n', operation: 'o', payload: new Uint8Array(0) };
const answer = (text: string): HostAnswer => ({ kind: 'answered', payload: bytesOf(text) });

/** A worker's half whose question is answered on the spot by what `respond` does, so that nothing has to wait. */
function halfBridge(respond: (serial: number, reply: (reply: HostReply) => void) => void) {
  const { port1, port2 } = new MessageChannel();
  const answered = new SharedArrayBuffer(4);
  const ask = (serial: number): void =>
    respond(serial, (reply) => {
      port1.postMessage(reply);
      Atomics.store(new Int32Array(answered), 0, reply.serial);
    });
  return { ask: blockingHostCall(ask, port2, answered), answered, close: () => port1.close() };
}

hostCalls('each question gets its own answer', () => {
  const bridge = halfBridge((serial, reply) => reply({ serial, answer: answer(`answer ${serial}`) }));
  for (const expected of ['answer 1', 'answer 2', 'answer 3']) assert.equal(bridge.ask(call), answer(expected));
  bridge.close();
});

hostCalls('answers to questions that were given up are passed over', () => {
  const bridge = halfBridge((serial, reply) => {
    if (serial === 1) throw new RangeError('Maximum call stack size exceeded');
    // The late answer to the first question lies before the one that is waited for.
    reply({ serial: 1, answer: answer('late') });
    reply({ serial, answer: answer('mine') });
  });
  assert.throws(() => bridge.ask(call), /Maximum call stack/);
  assert.equal(bridge.ask(call), answer('mine'));
  bridge.close();
});

hostCalls('a refusal comes through as it is', () => {
  const bridge = halfBridge((serial, reply) => reply({ serial, answer: { kind: 'refused', message: 'größe ☃' } }));
  assert.equal(bridge.ask(call), { kind: 'refused', message: 'größe ☃' });
  bridge.close();
});

hostCalls('a mark without an answer is a bug and not a wait for ever', () => {
  const bridge = halfBridge((serial) => Atomics.store(new Int32Array(bridge.answered), 0, serial));
  assert.throws(() => bridge.ask(call), /marked as answered without an answer/);
  bridge.close();
});

hostCalls.run();
