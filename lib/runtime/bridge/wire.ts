// What crosses the thread boundary, as data: structured clone loses classes, so faults travel as their fields.
import { Fault, messageOf, type FaultContext } from '../../fault.js';
import type { Outcome } from '../../outcome.js';
import type { ExchangeLimits } from '../../wapc/exchange.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';

/** One operation on one guest, as the worker sees it: bytes, no Kubernetes. */
export interface Assignment {
  readonly job: number;
  /** Travels with every job: the threads share its code, and none of them keeps what was replaced. */
  readonly module: WebAssembly.Module;
  readonly operation: string;
  readonly payload: Uint8Array;
}

/** Where a guest wrote text without a host call. */
export type OutputSource = 'console' | 'stdout' | 'stderr';

/** What a worker tells the pool. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  /** `serial` counts the calls of the thread, as an i32. */
  | { readonly kind: 'host-called'; readonly job: number; readonly serial: number; readonly call: HostCall }
  | { readonly kind: 'wrote'; readonly job: number; readonly source: OutputSource; readonly text: string }
  | { readonly kind: 'finished'; readonly job: number; readonly outcome: Outcome; readonly runMs: number }
  /** Our own code threw: never the guest's doing. */
  | { readonly kind: 'broke'; readonly job: number; readonly message: string; readonly stack: string };

/** The answer to the host call of that serial. */
export interface HostReply {
  readonly serial: number;
  readonly answer: HostAnswer;
}

/** What a worker is born with. */
export interface WorkerStart {
  /** Shared with the pool: which phase the guest is in, and since when. */
  readonly phase: SharedArrayBuffer;
  /** Shared with the pool: the serial of the last host call that was answered. */
  readonly answered: SharedArrayBuffer;
  readonly limits: ExchangeLimits;
}

/** A fault as data. */
export interface FaultRecord {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly context: FaultContext;
}

/** Takes a fault apart for the journey; anything else is our bug and keeps only its text. */
export function recordOfFault(thrown: unknown): FaultRecord {
  if (thrown instanceof Fault) return { code: String(thrown.code), message: thrown.message, retryable: thrown.retryable, context: thrown.context };
  return { code: 'INTERNAL', message: messageOf(thrown), retryable: false, context: {} };
}

/** Puts a fault together again. */
export function faultOfRecord({ code, message, retryable, context }: FaultRecord): Fault {
  return new Fault(code, message, { retryable, context });
}
