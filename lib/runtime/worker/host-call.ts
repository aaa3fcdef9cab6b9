// The guest's side of a host call: ask the main thread, sleep until the answer is there. The guest waits inside its call;
// when it may wait no longer the pool ends this thread.
import { receiveMessageOnPort, type MessagePort } from 'node:worker_threads';

import type { HostAnswer, HostCall } from '../../wapc/protocol.js';

/** Makes the blocking half of the bridge: `ask` posts the call, the answer arrives on the port and raises the signal. */
export function blockingHostCall(ask: (call: HostCall) => void, answers: MessagePort, signalBuffer: SharedArrayBuffer): (call: HostCall) => HostAnswer {
  const signal = new Int32Array(signalBuffer);
  return (call) => {
    ask(call);
    Atomics.wait(signal, 0, 0);
    Atomics.store(signal, 0, 0);
    const received = receiveMessageOnPort(answers) as { readonly message: HostAnswer } | undefined;
    if (received === undefined) throw new Error('the answer signal was raised without an answer');
    return received.message;
  };
}
