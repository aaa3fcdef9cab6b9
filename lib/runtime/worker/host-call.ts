// The guest's side of a host call: ask the main thread, sleep until the answer is there. The guest waits inside its call;
// when it may wait no longer the pool answers that, or ends this thread.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import { GuestInterrupted } from '../../outcome.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';
import type { HostReply } from '../bridge/wire.js';

/**
 * Makes the blocking half of the bridge: `ask` posts a call, its answer arrives on the port and its serial in `answered`.
 *
 * The serial ties each answer to its call. A guest near the end of its stack can make this function fail after the
 * question was posted; that answer must not be taken for the answer to the next call, which may be another policy's.
 * A guest that must not go on gets no answer: the returned function throws `GuestInterrupted`.
 */
export function blockingHostCall(ask: (serial: number, call: HostCall) => void, answers: MessagePort, answered: SharedArrayBuffer): (call: HostCall) => HostAnswer {
  const lastAnswered = new Int32Array(answered);
  let serial = 0;
  return (call) => {
    // Wraps at 2^31, as what an Int32Array holds does.
    serial = (serial + 1) | 0;
    ask(serial, call);
    waitFor(lastAnswered, serial);
    for (;;) {
      const received = receiveMessageOnPort(answers) as { readonly message: HostReply } | undefined;
      if (received === undefined) throw new Error('a host call was marked as answered without an answer');
      const { serial: answeredSerial, answer } = received.message;
      if (answeredSerial !== serial) continue;
      if (answer.kind === 'interrupted') throw new GuestInterrupted();
      return answer;
    }
  };
}

function waitFor(lastAnswered: Int32Array, serial: number): void {
  for (let seen = Atomics.load(lastAnswered, 0); seen !== serial; seen = Atomics.load(lastAnswered, 0)) Atomics.wait(lastAnswered, 0, seen);
}
