// A waPC host for embedders: any guest, on the calling thread, with payloads in the codec of their choice.
import { Fault } from '../fault.js';
import type { Outcome } from '../outcome.js';

import { messagePackCodec, type Codec } from './codec.js';
import { defaultExchangeLimits, type ExchangeLimits } from './exchange.js';
import { Guest } from './guest.js';
import type { HostAnswer, HostCall } from './protocol.js';

export interface WapcHostOptions<Value> {
  /** How payloads are spelled, both ways; MessagePack when absent, as most waPC guests expect. */
  readonly codec?: Codec<Value>;
  /** Answers the guest's host calls with payload bytes; what it throws reaches the guest as the error's message. */
  readonly hostCall?: (call: HostCall) => Uint8Array;
  /** Receives the guest's console lines; dropped when absent. */
  readonly consoleLog?: (text: string) => void;
  /** Further imports (such as WASI), given a way to the guest's memory. */
  readonly imports?: (memory: () => WebAssembly.Memory) => WebAssembly.Imports;
  readonly limits?: ExchangeLimits;
}

/** One running waPC guest. */
export interface WapcGuestHost<Value> {
  /**
   * Calls one operation and returns the guest's answer.
   *
   * @throws {Fault} `GUEST_CALL_FAILED` when the guest answers with an error or traps; after a trap the host is dead
   * @throws {Fault} `CODEC_PAYLOAD_INVALID` when the answer is not a payload of the codec
   */
  call(operation: string, value: Value): Value;
}

/**
 * Starts a waPC guest on the calling thread and keeps it.
 *
 * The guest keeps its own memory between calls and nothing stops it when it loops: for code you do not trust use
 * `createRuntime`, which runs guests in threads with deadlines.
 *
 * @param module a compiled module; `__guest_call` and `memory` must be exported
 * @throws {Fault} `GUEST_START_FAILED` when the module cannot be instantiated or its start functions fail
 */
export function createHost<Value = unknown>(module: WebAssembly.Module, options: WapcHostOptions<Value> = {}): WapcGuestHost<Value> {
  const codec = options.codec ?? (messagePackCodec as Codec<Value>);
  const guest = started(module, options);
  let dead: string | undefined;
  return {
    call(operation, value) {
      if (dead !== undefined) throw new Fault('GUEST_CALL_FAILED', `Cannot call '${operation}': the guest has trapped before (${dead}); create a new host.`);
      const outcome = guest.call(operation, codec.encode(value));
      if (outcome.kind === 'trapped') dead = outcome.message;
      return codec.decode(answered(operation, outcome));
    },
  };
}

function started<Value>(module: WebAssembly.Module, options: WapcHostOptions<Value>): Guest {
  const guest = new Guest({
    hostCall: (call) => answerOf(call, options.hostCall),
    consoleLog: options.consoleLog ?? ((): void => undefined),
    limits: options.limits ?? defaultExchangeLimits,
    imports: options.imports ?? ((): WebAssembly.Imports => ({})),
    onPhase: () => undefined,
  });
  const failure = guest.start(module);
  if (failure !== undefined) throw new Fault('GUEST_START_FAILED', `Cannot start the guest: ${failure.message}`);
  return guest;
}

function answerOf(call: HostCall, handler: ((call: HostCall) => Uint8Array) | undefined): HostAnswer {
  if (handler === undefined) return { kind: 'refused', message: `the host answers no calls (the guest asked for '${call.namespace}/${call.operation}')` };
  try {
    return { kind: 'answered', payload: handler(call) };
  } catch (thrown) {
    return { kind: 'refused', message: thrown instanceof Error ? thrown.message : String(thrown) };
  }
}

function answered(operation: string, outcome: Outcome): Uint8Array {
  if (outcome.kind === 'answered') return outcome.payload;
  throw new Fault('GUEST_CALL_FAILED', `Guest call failure: ${textOf(outcome)}`, { context: { operation, outcome: outcome.kind } });
}

function textOf(outcome: Exclude<Outcome, { kind: 'answered' }>): string {
  return outcome.kind === 'expired' ? 'guest code interrupted, execution deadline exceeded' : outcome.message;
}
