// Brings one instance of a guest up and calls it: start order, outcome table (contract 1.3). Bytes only.
import { GuestExit, GuestInterrupted, type GuestPhase, type Outcome } from '../outcome.js';

import { GuestProtocolError } from './exchange.js';
import { GuestHost, type HostPorts } from './host.js';
import { importObject } from './import-object.js';
import { Latch } from './latch.js';
import { GuestPointerError } from './memory.js';
import { guestExports } from './protocol.js';

/** Why a guest could not be brought up. */
export type StartFailure = Extract<Outcome, { kind: 'start-failed' }>;

/** What a guest needs besides its module. */
export interface GuestOptions extends HostPorts {
  /** Further imports, such as WASI; they reach the guest's memory through the function they are given. */
  readonly imports: (memory: () => WebAssembly.Memory) => WebAssembly.Imports;
  /** Told when a phase begins, before the guest's code runs: the instantiation, each start function, and the call. */
  readonly onPhase: (phase: GuestPhase) => void;
}

type GuestFunction = (...values: number[]) => unknown;

/** One instance of a waPC module, started once and then called any number of times, until it traps or is put back. */
export class Guest {
  readonly #host: GuestHost;
  readonly #options: GuestOptions;
  readonly #latch = new Latch();
  #instance: WebAssembly.Instance | undefined;
  #guestCall: GuestFunction | undefined;
  #calling = false;
  #isSpoiled = false;

  constructor(options: GuestOptions) {
    this.#options = options;
    this.#host = new GuestHost(options);
  }

  /** The instance, from the moment its own start section has run. */
  get instance(): WebAssembly.Instance | undefined {
    return this.#instance;
  }

  /** The guest's memory; throws as a guest's mistake while its own start section runs. */
  get memory(): WebAssembly.Memory {
    return this.#host.getCallerMemory();
  }

  /** Whether something ended the guest that leaves the instance in doubt: an exhausted stack, or our own failure. */
  get isSpoiled(): boolean {
    return this.#isSpoiled;
  }

  /** Host calls that were made while it started; of use between `start` and the first call. */
  get hostCalls(): number {
    return this.#host.hostCalls;
  }

  /** Drops what the host remembers of the last call; what the instance remembers is its owner's business. */
  forget(): void {
    this.#host.forget();
    this.#latch.reset();
  }

  /**
   * Instantiates the module and runs `_start`, then `wapc_init`, each if exported.
   *
   * @returns why the guest could not be brought up, or nothing when it is ready
   */
  start(module: WebAssembly.Module): StartFailure | undefined {
    this.#options.onPhase('start');
    try {
      const memory = (): WebAssembly.Memory => this.memory;
      const offered = { ...this.#options.imports(memory), ...this.#host.getImports() };
      const instance = instantiated(module, importObject(module, this.#latch.guard(offered)));
      this.#latch.check();
      this.#host.instance = instance;
      this.#instance = instance;
      for (const name of guestExports.starts) this.#runStart(instance.exports[name]);
      this.#guestCall = guestCallOf(instance);
      return undefined;
    } catch (thrown) {
      return { kind: 'start-failed', message: this.#failure(thrown) };
    }
  }

  /** Runs one operation; whatever the guest does becomes an outcome. Calls do not nest. */
  call(operation: string, payload: Uint8Array): Outcome {
    const guestCall = this.#guestCall;
    if (guestCall === undefined) throw new Error('the guest was called before it was started');
    if (this.#calling) throw new Error(`cannot call '${operation}': the guest is in a call already`);
    const name = this.#host.beginCall(operation, payload);
    this.#latch.reset();
    this.#calling = true;
    this.#options.onPhase('call');
    try {
      const result = guestCall(name.byteLength, payload.byteLength);
      this.#latch.check();
      if (typeof result !== 'number') throw new GuestProtocolError('__guest_call returned no number');
      return this.#outcome(result !== 0);
    } catch (thrown) {
      return { kind: 'trapped', message: this.#failure(thrown) };
    } finally {
      this.#calling = false;
    }
  }

  #failure(thrown: unknown): string {
    this.#isSpoiled ||= !leavesInstanceSound(thrown);
    return guestFailure(thrown);
  }

  #runStart(start: WebAssembly.ExportValue | undefined): void {
    if (typeof start !== 'function') return;
    // Each start function has a limit of its own, as in the reference.
    this.#options.onPhase('start');
    try {
      (start as GuestFunction)();
      this.#latch.check();
    } catch (thrown) {
      // TinyGo since 0.35 ends its `_start` this way.
      if (!(thrown instanceof GuestExit && thrown.code === 0)) throw thrown;
      this.#latch.reset();
    }
  }

  #outcome(succeeded: boolean): Outcome {
    const { response, error } = this.#host.left;
    if (succeeded && response !== undefined) return { kind: 'answered', payload: response };
    if (error !== undefined) return { kind: 'failed', message: error };
    return { kind: 'failed', message: succeeded ? 'No error message OR response set for call success' : 'No error message set for call failure' };
  }
}

/** A TypeError here is the engine's word for an import that is missing or of the wrong kind; elsewhere it would be our bug. */
function instantiated(module: WebAssembly.Module, imports: WebAssembly.Imports): WebAssembly.Instance {
  try {
    return new WebAssembly.Instance(module, imports);
  } catch (thrown) {
    if (thrown instanceof TypeError) throw new GuestProtocolError(thrown.message);
    throw thrown;
  }
}

function guestCallOf(instance: WebAssembly.Instance): GuestFunction {
  const guestCall = instance.exports[guestExports.guestCall];
  if (typeof guestCall !== 'function') throw new GuestProtocolError('Guest call function (__guest_call) not exported by wasm module.');
  return guestCall as GuestFunction;
}

/** Whether a guest can be called again after this: what is thrown here leaves no host function half done. */
function leavesInstanceSound(thrown: unknown): boolean {
  const soundEnds = [WebAssembly.RuntimeError, GuestExit, GuestInterrupted, GuestPointerError, GuestProtocolError];
  return soundEnds.some((kind) => thrown instanceof kind) || isWasmException(thrown);
}

/**
 * The text of a failure that the guest's code caused; anything else is our bug and goes on up.
 *
 * A RangeError out of Wasm is an exhausted stack, or memory that could not be had.
 */
function guestFailure(thrown: unknown): string {
  const isGuests =
    thrown instanceof WebAssembly.RuntimeError ||
    thrown instanceof WebAssembly.LinkError ||
    thrown instanceof GuestExit ||
    thrown instanceof GuestInterrupted ||
    thrown instanceof GuestPointerError ||
    thrown instanceof GuestProtocolError ||
    thrown instanceof RangeError;
  if (isGuests) return thrown.message;
  if (isWasmException(thrown)) return 'the guest threw an exception that nothing caught';
  throw thrown;
}

/** `WebAssembly.Exception` is missing from TypeScript's library. */
function isWasmException(thrown: unknown): boolean {
  const exception: unknown = Reflect.get(WebAssembly, 'Exception');
  return typeof exception === 'function' && thrown instanceof exception;
}
