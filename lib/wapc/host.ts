// The waPC host: `@wapc/host`'s callbacks do the work, behind guards, with what is wrong in its version 0.0.3 overridden.
// Bringing a guest up and calling it is guest.ts.
import { WapcHost } from '@wapc/host';

import { GuestProtocolError, type ExchangeLimits } from './exchange.js';
import { checkedOffset, readBytes, writeBytes } from './memory.js';
import { hostModule, type HostCall, type HostCallHandler } from './protocol.js';

/** What a guest host needs of its surroundings. */
export interface HostPorts {
  readonly hostCall: HostCallHandler;
  /** Receives each `__console_log` line; never the host's own stdout. */
  readonly consoleLog: (text: string) => void;
  readonly limits: ExchangeLimits;
  /** The memory the guest imports, for one that exports none. */
  readonly importedMemory?: WebAssembly.Memory | undefined;
}

/** Thrown into the inherited `__host_call`, which keeps `'' + thrown` as the guest's error text: no `Error: ` in front. */
class HostRefusal extends Error {
  override toString(): string {
    return this.message;
  }
}

const strictText = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A `WapcHost` that is safe to hand to a hostile guest: bounds checked, nothing kept between calls. */
export class GuestHost extends WapcHost {
  readonly #ports: HostPorts;
  #hostCalls = 0;
  /** What the handler itself threw: ours to report, never the guest's to read. */
  #handlerFailure: { readonly thrown: unknown } | undefined;

  constructor(ports: HostPorts) {
    super((binding, namespace, operation, payload) => this.#answer({ binding, namespace, operation, payload }));
    // The inherited decoder swallows a byte order mark: two different names would read the same.
    this.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
    this.#ports = ports;
  }

  /** How many host calls were made since the last call began. */
  get hostCalls(): number {
    return this.#hostCalls;
  }

  /** Forgets everything of the call before and begins the next one. Returns the operation's bytes. */
  beginCall(operation: string, payload: Uint8Array): Uint8Array {
    this.forget();
    const operationEncoded = this.textEncoder.encode(operation);
    this.state.guestRequest = { operation, operationEncoded, msg: payload };
    return operationEncoded;
  }

  /** Forgets everything of the call before: request, answers and errors of both sides. */
  forget(): void {
    const { state } = this;
    delete state.guestRequest;
    delete state.guestResponse;
    delete state.guestError;
    delete state.hostResponse;
    delete state.hostError;
    this.#hostCalls = 0;
    this.#handlerFailure = undefined;
  }

  /** What the guest has left of the current call. */
  get left(): { readonly response: Uint8Array | undefined; readonly error: string | undefined } {
    return { response: this.state.guestResponse, error: this.state.guestError };
  }

  /** The protocol's imports alone: WASI comes from elsewhere, the inherited one breaks its own contract. */
  override getImports(): { [hostModule]: WebAssembly.ModuleImports } {
    const inherited = inheritedCallbacks(super.getImports()[hostModule]);
    return { [hostModule]: { ...this.#guestSide(inherited), ...this.#hostSide(inherited) } };
  }

  override getCallerMemory(): WebAssembly.Memory {
    // Unset while a module's own start section runs: `new WebAssembly.Instance` has not returned yet.
    const instance = this.instance as WebAssembly.Instance | undefined;
    const memory = instance && (instance.exports['memory'] ?? this.#ports.importedMemory);
    if (!(memory instanceof WebAssembly.Memory)) throw new GuestProtocolError('the guest called its host before its memory could be reached (from its start section)');
    return memory;
  }

  #guestSide(inherited: InheritedCallbacks): WebAssembly.ModuleImports {
    return {
      __guest_request: (operationPointer: number, pointer: number): void => {
        const request = this.state.guestRequest;
        if (request === undefined) throw new GuestProtocolError('the guest asked for a request while none was being made');
        const memory = this.getCallerMemory();
        inherited.__guest_request(
          checkedOffset(memory, operationPointer, request.operationEncoded.byteLength, '__guest_request'),
          checkedOffset(memory, pointer, request.msg.byteLength, '__guest_request'),
        );
      },
      __guest_response: (pointer: number, length: number): void => {
        this.#assertSize(length, this.#ports.limits.payloadBytes, '__guest_response');
        // The inherited callback erases the error; the protocol keeps both and lets the return value choose.
        const { guestError } = this.state;
        inherited.__guest_response(checkedOffset(this.getCallerMemory(), pointer, length, '__guest_response'), length >>> 0);
        if (guestError !== undefined) this.state.guestError = guestError;
      },
      __guest_error: (pointer: number, length: number): void => {
        inherited.__guest_error(checkedOffset(this.getCallerMemory(), pointer, length, '__guest_error'), this.#cut(length));
      },
      // Overridden: the inherited one writes to the host's own stdout.
      __console_log: (pointer: number, length: number): void => {
        const memory = this.getCallerMemory();
        const start = checkedOffset(memory, pointer, length, '__console_log');
        this.#ports.consoleLog(this.textDecoder.decode(readBytes(memory, start, this.#cut(length), '__console_log')));
      },
    };
  }

  #hostSide(inherited: InheritedCallbacks): WebAssembly.ModuleImports {
    return {
      __host_call: (...values: number[]): unknown => {
        const result = inherited.__host_call(...this.#checkedCall(values));
        const failure = this.#handlerFailure;
        this.#handlerFailure = undefined;
        if (failure !== undefined) throw failure.thrown;
        return result;
      },
      __host_response_len: (): unknown => inherited.__host_response_len(),
      __host_response: (pointer: number): void => {
        const length = this.state.hostResponse?.byteLength ?? 0;
        inherited.__host_response(checkedOffset(this.getCallerMemory(), pointer, length, '__host_response'));
      },
      // Overridden: the inherited length counts UTF-16 units, but UTF-8 bytes are what gets written.
      __host_error_len: (): number => this.#hostError().byteLength,
      __host_error: (pointer: number): void => writeBytes(this.getCallerMemory(), pointer, this.#hostError(), '__host_error'),
    };
  }

  #hostError(): Uint8Array {
    return this.textEncoder.encode(this.state.hostError ?? '');
  }

  /** The eight numbers of a host call with every range checked; names must be UTF-8, as in the reference. */
  #checkedCall(values: readonly number[]): number[] {
    const { hostCalls, payloadBytes, textBytes } = this.#ports.limits;
    this.#hostCalls += 1;
    if (this.#hostCalls > hostCalls) throw new GuestProtocolError(`__host_call: the guest made more than ${hostCalls} host calls in one operation`);
    const memory = this.getCallerMemory();
    const checked: number[] = [];
    for (const [index, part] of ['binding', 'namespace', 'operation', 'payload'].entries()) {
      const what = `__host_call (${part})`;
      const length = (values[index * 2 + 1] ?? 0) >>> 0;
      this.#assertSize(length, part === 'payload' ? payloadBytes : textBytes, what);
      const pointer = checkedOffset(memory, values[index * 2] ?? 0, length, what);
      if (part !== 'payload') assertText(readBytes(memory, pointer, length, what), what);
      checked.push(pointer, length);
    }
    return checked;
  }

  #assertSize(length: number, limit: number, what: string): void {
    if (length >>> 0 > limit) throw new GuestProtocolError(`${what}: the guest handed over ${length >>> 0} bytes, the limit is ${limit}`);
  }

  /** How much of a text is taken. */
  #cut(length: number): number {
    return Math.min(length >>> 0, this.#ports.limits.textBytes);
  }

  #answer(call: HostCall): Uint8Array {
    let answer;
    try {
      answer = this.#ports.hostCall(call);
    } catch (thrown) {
      this.#handlerFailure = { thrown };
      throw thrown;
    }
    if (answer.kind === 'refused') throw new HostRefusal(answer.message);
    return answer.payload;
  }
}

function assertText(bytes: Uint8Array, what: string): void {
  try {
    strictText.decode(bytes);
  } catch {
    throw new GuestProtocolError(`${what}: the name is not UTF-8`);
  }
}

type Callback = (...values: number[]) => unknown;
type InheritedName = '__guest_request' | '__guest_response' | '__guest_error' | '__host_call' | '__host_response_len' | '__host_response';
type InheritedCallbacks = Readonly<Record<InheritedName, Callback>>;

/** The inherited callbacks, checked to be functions: a later `@wapc/host` that renames one must fail here and not in a guest. */
function inheritedCallbacks(imports: WebAssembly.ModuleImports | undefined): InheritedCallbacks {
  const callback = (name: InheritedName): Callback => {
    const found = imports?.[name];
    if (typeof found !== 'function') throw new Error(`@wapc/host has no callback ${name}`);
    return (...values): unknown => Reflect.apply(found, undefined, values);
  };
  return {
    __guest_request: callback('__guest_request'),
    __guest_response: callback('__guest_response'),
    __guest_error: callback('__guest_error'),
    __host_call: callback('__host_call'),
    __host_response_len: callback('__host_response_len'),
    __host_response: callback('__host_response'),
  };
}
