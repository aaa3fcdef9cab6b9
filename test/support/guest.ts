// Opens a fixture as a plain waPC guest, without anything that knows about policies, and tells what it did.

import { isFault } from '../../lib/fault.js';
import { createHost, rawCodec, type HostCall } from '../../lib/wapc/index.js';
import { bareWasi } from './bare-wasi.js';
import { fixtureBytes } from './fixtures.js';

/** What came of one call: `kind` is `answered` or the outcome's kind (`failed`, `trapped`), `text` the answer or the error. */
export interface GuestAnswer {
  readonly kind: string;
  readonly text: string;
  readonly bytes: Uint8Array;
}

export interface OpenGuest {
  call(operation: string, payload: string | Uint8Array): GuestAnswer;
  /** Console lines, oldest first. */
  readonly lines: readonly string[];
  /** What the guest printed through WASI, piece by piece. */
  readonly printed: readonly string[];
}

/** Answers a host call, given as `binding/namespace/operation`, with text; what it throws is the host's error. */
export type TextHost = (path: string, payload: string) => string;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Starts a fixture; the same instance serves all calls. */
export function openGuest(name: string, host: TextHost = () => ''): OpenGuest {
  const lines: string[] = [];
  const printed: string[] = [];
  const guest = createHost(new WebAssembly.Module(fixtureBytes(name)), {
    codec: rawCodec,
    hostCall: ({ binding, namespace, operation, payload }: HostCall) =>
      encoder.encode(host(`${binding}/${namespace}/${operation}`, decoder.decode(payload))),
    consoleLog: (text) => void lines.push(text),
    imports: (memory) => bareWasi(memory, (text) => void printed.push(text)),
  });
  const call = (operation: string, payload: string | Uint8Array): GuestAnswer => {
    try {
      const bytes = guest.call(operation, typeof payload === 'string' ? encoder.encode(payload) : payload);
      return { kind: 'answered', bytes, text: decoder.decode(bytes) };
    } catch (thrown) {
      if (!isFault(thrown, 'GUEST_CALL_FAILED')) throw thrown;
      const text = thrown.message.replace(/^Guest call failure: /, '');
      return { kind: String(thrown.context['outcome']), bytes: encoder.encode(text), text };
    }
  };
  return { call, lines, printed };
}
