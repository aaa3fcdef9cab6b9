// Opens a fixture as a plain waPC guest, without anything that knows about policies, and tells what it did.

import { isFault } from '../../lib/fault.js';
import { createHost, rawCodec, type HostCall } from '../../lib/wapc/index.js';
import { createWasi } from '../../lib/wasi/preview1.js';
import { InputPipe } from '../../lib/wasi/stdio.js';
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
  /** What the guest has printed through WASI. */
  printed(): string;
  /** The size of the guest's memory now. */
  memoryBytes(): number;
}

/** Answers a host call, given as `binding/namespace/operation`, with text; what it throws is the host's error. */
export type TextHost = (path: string, payload: string) => string;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const modules = new Map<string, WebAssembly.Module>();

/** The compiled fixture; compiling it once matters to the larger ones. */
function moduleOf(name: string): WebAssembly.Module {
  const module = modules.get(name) ?? new WebAssembly.Module(fixtureBytes(name));
  modules.set(name, module);
  return module;
}

/** Starts a fixture; the same instance serves all calls. Its clock stands at 0 and its random bytes are zeros. */
export function openGuest(name: string, host: TextHost = () => ''): OpenGuest {
  const lines: string[] = [];
  let printed = '';
  let memory: (() => WebAssembly.Memory) | undefined;
  const print = (bytes: Uint8Array) => void (printed += decoder.decode(bytes));
  const ports = {
    args: [],
    clock: { realtimeNs: () => 0n, monotonicNs: () => 0n },
    randomFill: () => undefined,
    sleep: () => undefined,
    stdin: new InputPipe(0),
    stdout: print,
    stderr: print,
  };
  const guest = createHost(moduleOf(name), {
    codec: rawCodec,
    hostCall: ({ binding, namespace, operation, payload }: HostCall) =>
      encoder.encode(host(`${binding}/${namespace}/${operation}`, decoder.decode(payload))),
    consoleLog: (text) => void lines.push(text),
    imports: (source) => createWasi(ports, (memory = source)).imports,
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
  return { call, lines, printed: () => printed, memoryBytes: () => memory?.().buffer.byteLength ?? 0 };
}
