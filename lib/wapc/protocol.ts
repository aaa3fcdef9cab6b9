// Names, signatures and call types of the waPC protocol 1.0 (https://wapc.io/docs/spec/).

/** The import module that carries the protocol's host functions. */
export const hostModule = 'wapc';

/** Exports a guest must or may have. */
export const guestExports = {
  memory: 'memory',
  guestCall: '__guest_call',
  /** Called in this order before the first operation; `_initialize` is never called, as in the reference. */
  starts: ['_start', 'wapc_init'],
} as const;

/** Parameter counts of the host functions; every parameter and result is an i32. */
export const hostFunctions: Readonly<Record<string, { readonly parameters: number; readonly results: 0 | 1 }>> = {
  __guest_request: { parameters: 2, results: 0 },
  __guest_response: { parameters: 2, results: 0 },
  __guest_error: { parameters: 2, results: 0 },
  __host_call: { parameters: 8, results: 1 },
  __host_response_len: { parameters: 0, results: 1 },
  __host_response: { parameters: 1, results: 0 },
  __host_error_len: { parameters: 0, results: 1 },
  __host_error: { parameters: 1, results: 0 },
  __console_log: { parameters: 2, results: 0 },
};

/** What a guest asks of its host. */
export interface HostCall {
  readonly binding: string;
  readonly namespace: string;
  readonly operation: string;
  readonly payload: Uint8Array;
}

/** What the host gives back: bytes, or one sentence that the guest sees as `Host error: {message}`. */
export type HostAnswer = { readonly kind: 'answered'; readonly payload: Uint8Array } | { readonly kind: 'refused'; readonly message: string };

/** Answers a guest's call, synchronously: the guest waits inside. */
export type HostCallHandler = (call: HostCall) => HostAnswer;
