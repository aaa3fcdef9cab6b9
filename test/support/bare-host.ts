// The least waPC host that can drive a well-behaved guest, so that fixtures are proven without the host they are meant
// to test. No guards, no WASI: hostile guests belong to lib/wapc and its tests.

/** What a guest made of one call. */
export type BareAnswer = { readonly kind: 'answered' | 'refused'; readonly text: string; readonly bytes: Uint8Array };

/** One host call of a guest. */
export interface BareHostCall {
  readonly path: string;
  readonly payload: string;
}

/** Answers a host call; what it throws reaches the guest as the host's error. */
export type BareCapability = (call: BareHostCall) => string;

type Words = readonly [number, number, number, number, number, number, number, number];
type GuestFunction = (...words: number[]) => number;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** A live guest; `call` may be used again and again. */
export class BareGuest {
  /** What the guest wrote through `__console_log`. */
  readonly lines: string[] = [];
  readonly #exports: WebAssembly.Exports;
  readonly #memory: WebAssembly.Memory;
  readonly #capability: BareCapability;
  #operation = new Uint8Array();
  #payload = new Uint8Array();
  #said: { response?: Uint8Array; error?: Uint8Array } = {};
  #hostResponse = new Uint8Array();
  #hostError = new Uint8Array();

  constructor(module: Uint8Array<ArrayBuffer>, capability: BareCapability = () => '') {
    this.#capability = capability;
    this.#exports = new WebAssembly.Instance(new WebAssembly.Module(module), { wapc: this.#imports() }).exports;
    const { memory } = this.#exports;
    if (!(memory instanceof WebAssembly.Memory)) throw new Error('the guest exports no memory');
    this.#memory = memory;
    for (const start of ['_start', 'wapc_init']) this.#function(start)?.();
  }

  /** Runs one operation. */
  call(operation: string, payload: string | Uint8Array): BareAnswer {
    this.#operation = encoder.encode(operation);
    this.#payload = typeof payload === 'string' ? encoder.encode(payload) : Uint8Array.from(payload);
    this.#said = {};
    const succeeded = this.#function('__guest_call')?.(this.#operation.length, this.#payload.length);
    const bytes = succeeded === 1 ? this.#said.response : this.#said.error;
    if (bytes === undefined) throw new Error(`the guest returned ${String(succeeded)} and said nothing`);
    return { kind: succeeded === 1 ? 'answered' : 'refused', bytes, text: new TextDecoder().decode(bytes) };
  }

  /** The size of the guest's memory now. */
  get memoryBytes(): number {
    return this.#memory.buffer.byteLength;
  }

  #function(name: string): GuestFunction | undefined {
    const found = this.#exports[name];
    return typeof found === 'function' ? (...words) => Number(Reflect.apply(found, undefined, words)) : undefined;
  }

  #read(pointer: number, length: number): Uint8Array {
    return new Uint8Array(this.#memory.buffer, pointer, length).slice();
  }

  #write(pointer: number, bytes: Uint8Array): void {
    if (bytes.length > 0) new Uint8Array(this.#memory.buffer).set(bytes, pointer);
  }

  #imports(): WebAssembly.ModuleImports {
    return {
      __guest_request: (operation: number, payload: number) => {
        this.#write(operation, this.#operation);
        this.#write(payload, this.#payload);
      },
      __guest_response: (pointer: number, length: number) => void (this.#said.response = this.#read(pointer, length)),
      __guest_error: (pointer: number, length: number) => void (this.#said.error = this.#read(pointer, length)),
      __host_call: (...words: Words) => this.#hostCall(words),
      __host_response_len: () => this.#hostResponse.length,
      __host_response: (pointer: number) => this.#write(pointer, this.#hostResponse),
      __host_error_len: () => this.#hostError.length,
      __host_error: (pointer: number) => this.#write(pointer, this.#hostError),
      __console_log: (pointer: number, length: number) => void this.lines.push(decoder.decode(this.#read(pointer, length))),
    };
  }

  #hostCall([binding, bindingLength, namespace, namespaceLength, operation, operationLength, payload, length]: Words): 0 | 1 {
    const text = (pointer: number, size: number) => decoder.decode(this.#read(pointer, size));
    this.#hostResponse = new Uint8Array();
    this.#hostError = new Uint8Array();
    const path = [text(binding, bindingLength), text(namespace, namespaceLength), text(operation, operationLength)].join('/');
    try {
      this.#hostResponse = encoder.encode(this.#capability({ path, payload: text(payload, length) }));
      return 1;
    } catch (thrown) {
      this.#hostError = encoder.encode(thrown instanceof Error ? thrown.message : String(thrown));
      return 0;
    }
  }
}
