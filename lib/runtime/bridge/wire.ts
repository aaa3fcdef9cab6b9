// What crosses the thread boundary, as data: structured clone loses classes, so faults travel as their fields.
import { Fault, messageOf, type FaultContext } from '../../fault.js';
import type { Outcome } from '../../outcome.js';
import type { AdmissionResponse } from '../../policy/response.js';
import type { InstanceUse } from '../../events.js';
import type { HostAnswer, HostCall } from '../../wapc/protocol.js';

import type { SandboxCode } from './sandbox-code.js';

/** What an answer to `validate` is read for (docs/adr/0007). */
export interface Judging {
  readonly uid: string;
  /** Where in the payload the document stands that the policy may mutate; absent on DELETE. */
  readonly base: { readonly start: number; readonly end: number } | undefined;
}

/** What came of a job: an answer that was to be judged has become a response. */
export type JobOutcome = Outcome | { readonly kind: 'judged'; readonly response: AdmissionResponse };

/** One operation on one guest. */
export interface Assignment {
  readonly kind: 'run';
  readonly job: number;
  /** Which guest; the thread keeps its code, and an instance while there is room. */
  readonly sandbox: number;
  /** Its code, when the thread has not been given it before: threads share what was compiled. */
  readonly code: SandboxCode | undefined;
  readonly operation: string;
  readonly payload: Uint8Array;
  /** Set when the answer is a verdict on a request. */
  readonly judging: Judging | undefined;
}

/** What the pool tells a worker. */
export type PoolMessage =
  | Assignment
  /** These guests will not be asked any more. */
  | { readonly kind: 'forget'; readonly sandboxes: readonly number[] };

/** Where a guest wrote text without a host call. */
export type OutputSource = 'console' | 'stdout' | 'stderr';

/** What a worker tells the pool. */
export type WorkerMessage =
  | { readonly kind: 'ready' }
  /** `serial` counts the calls of the thread, as an i32. */
  | { readonly kind: 'host-called'; readonly job: number; readonly serial: number; readonly call: HostCall }
  | { readonly kind: 'wrote'; readonly job: number; readonly source: OutputSource; readonly text: string }
  | { readonly kind: 'finished'; readonly job: number; readonly outcome: JobOutcome; readonly runMs: number; readonly instance: InstanceUse; readonly isMending: boolean }
  /** The thread has built a new instance, or found that it cannot, and takes the next job. */
  | { readonly kind: 'mended' }
  /** Our own code threw: never the guest's doing. */
  | { readonly kind: 'broke'; readonly job: number; readonly message: string; readonly stack: string };

/** The answer to the host call of that serial; none when the guest must not go on. */
export interface HostReply {
  readonly serial: number;
  readonly answer: HostAnswer | { readonly kind: 'interrupted' };
}

/** What a worker is born with. */
export interface WorkerStart {
  /** Shared with the pool: which phase the guest is in, and since when. */
  readonly phase: SharedArrayBuffer;
  /** Shared with the pool: the serial of the last host call that was answered. */
  readonly answered: SharedArrayBuffer;
  /** Shared with the pool: the memory of the interrupt flag. */
  readonly interrupt: WebAssembly.Memory;
  /** Bytes that the warm instances of the thread may take together. */
  readonly warmBytes: number;
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
