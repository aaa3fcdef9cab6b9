// The only thing the runtime says about itself. Programs turn events into log lines and metrics; the library never logs.

/** How loud a guest's log line is. */
export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error';

/**
 * Something a guest wrote: by the `tracing/log` host call, waPC's `__console_log`, or WASI's stdout and stderr.
 *
 * `message` and `data` are the guest's own words: they may hold anything the guest was given.
 */
export interface GuestLogged {
  readonly kind: 'guest-logged';
  readonly policyId: string;
  readonly source: 'tracing' | 'console' | 'stdout' | 'stderr';
  readonly level: LogLevel;
  readonly message: string;
  /** The other fields of a `tracing/log` payload as JSON text, `{}` when there are none. */
  readonly data: string;
}

/**
 * Why a request ran on an instance made for it.
 *
 * - `first`: the thread had none of this policy yet, or no room to keep it.
 * - `given-up`: the last one grew, overflowed its stack or was interrupted, and no other was ready.
 * - `asked-for`: the policy is configured so.
 * - `not-provable`: the module may keep state where no reset reaches it.
 * - `init-not-repeatable`: its start functions read a clock, random bytes or the host, and may not see the same every time.
 */
export type NewInstanceReason = 'first' | 'given-up' | 'asked-for' | 'not-provable' | 'init-not-repeatable';

/** What instance a request ran on: one that had served before and was put back to the state after its start functions, or a new one. */
export type InstanceUse = { readonly kind: 'reset' } | { readonly kind: 'new'; readonly because: NewInstanceReason };

export type RuntimeEvent =
  | GuestLogged
  | {
      readonly kind: 'policy-loaded';
      readonly policyId: string;
      readonly digest: string;
      readonly loadMs: number;
      /** Why every request gets a new instance; absent where one is put back. */
      readonly freshBecause?: string;
    }
  | { readonly kind: 'policy-refused'; readonly policyId: string; readonly code: string; readonly message: string }
  | {
      readonly kind: 'evaluated';
      readonly policyId: string;
      readonly operation: string;
      /** What the guest call came to: the `kind` of its `Outcome`. */
      readonly outcome: string;
      /** Milliseconds in the queue, and from the start of the guest to its answer. */
      readonly waitMs: number;
      readonly runMs: number;
      /** Absent when the thread did not come to tell: the guest was stopped. */
      readonly instance?: InstanceUse;
    }
  | {
      readonly kind: 'capability-denied';
      readonly policyId: string;
      /** The guest's own words, cut after 256 characters: any text, so no label of a metric. */
      readonly capability: string;
      readonly granted: string;
    }
  | { readonly kind: 'capability-called'; readonly policyId: string; readonly capability: string; readonly ok: boolean; readonly durationMs: number }
  | {
      /** A capability broke, or a policy's log line could not be read: for the operator, the guest never sees these words. */
      readonly kind: 'capability-failed';
      readonly policyId: string;
      readonly capability: string;
      readonly problem: string;
      /** What was thrown, if anything was. */
      readonly cause?: unknown;
    }
  | { readonly kind: 'worker-started'; readonly workerId: number; readonly startMs: number }
  /** A guest that ran too long was made to trap; its thread survives if that succeeds. */
  | { readonly kind: 'worker-interrupted'; readonly workerId: number }
  /** A thread is ended: its guest ran too long and could not be interrupted, or our own code failed in it. */
  | { readonly kind: 'worker-killed'; readonly workerId: number; readonly reason: string }
  | { readonly kind: 'worker-stopped'; readonly workerId: number; readonly reason: string }
  /** A thread was told to stop and is still there: it holds a processor until it is gone, or until the process is. */
  | { readonly kind: 'worker-stuck'; readonly workerId: number; readonly waitedMs: number };

/** Receives every event, synchronously and in order; what it throws is not caught. */
export type EventSink = (event: RuntimeEvent) => void;
