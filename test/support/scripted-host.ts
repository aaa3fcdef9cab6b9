// A waPC host that does just enough for a policy to answer, without anything of lib/wapc: for comparing modules, not policies.
import { outcomeOf } from './rewritten-guest.js';

/** A policy's instance that has been started. */
export interface PolicyInstance {
  readonly instance: WebAssembly.Instance;
  readonly memory: () => WebAssembly.Memory;
  /** Everything that came of a call, as text: result or trap, response, error, lines. */
  call(operation: string, payload: string): string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Starts a policy; of all imports that are not the protocol's, functions do nothing and give 0. */
export function policyInstance(module: WebAssembly.Module, memories: WebAssembly.Imports): PolicyInstance {
  let request = { operation: '', payload: '' };
  let said: string[] = [];
  let instance: WebAssembly.Instance | undefined = undefined;
  const memory = (): WebAssembly.Memory => {
    const found = instance?.exports['memory'];
    if (!(found instanceof WebAssembly.Memory)) throw new WebAssembly.RuntimeError('there is no memory yet');
    return found;
  };
  const write = (at: number, text: string): void => new Uint8Array(memory().buffer).set(encoder.encode(text), at);
  const read = (at: number, length: number): string => decoder.decode(new Uint8Array(memory().buffer).subarray(at, at + length));
  const protocol: Readonly<Record<string, (...values: number[]) => unknown>> = {
    __guest_request: (operationAt = 0, payloadAt = 0) => {
      write(operationAt, request.operation);
      write(payloadAt, request.payload);
    },
    __guest_response: (at = 0, length = 0) => said.push(`response ${read(at, length)}`),
    __guest_error: (at = 0, length = 0) => said.push(`error ${read(at, length)}`),
    __console_log: (at = 0, length = 0) => said.push(`line ${read(at, length)}`),
    proc_exit: (code = 0) => {
      throw new WebAssembly.RuntimeError(`exit ${code}`);
    },
    abort: () => {
      throw new WebAssembly.RuntimeError('abort');
    },
  };
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  for (const { module: from, name, kind } of WebAssembly.Module.imports(module)) {
    const given = memories[from]?.[name] ?? (kind === 'function' ? (protocol[name] ?? (() => 0)) : undefined);
    if (given !== undefined) imports[from] = { ...imports[from], [name]: given };
  }
  instance = new WebAssembly.Instance(module, imports);
  for (const name of ['_start', 'wapc_init']) {
    const start = instance.exports[name];
    if (typeof start === 'function') outcomeOf(() => Reflect.apply(start, undefined, []));
  }
  const guestCall = instance.exports['__guest_call'];
  if (typeof guestCall !== 'function') throw new Error('the module is no waPC guest');
  return {
    instance,
    memory,
    call: (operation, payload) => {
      request = { operation, payload };
      said = [];
      const outcome = outcomeOf(() => Reflect.apply(guestCall, undefined, [encoder.encode(operation).length, encoder.encode(payload).length]));
      return [outcome, ...said].join('\n');
    },
  };
}
