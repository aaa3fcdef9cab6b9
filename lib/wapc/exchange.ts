// What the protocol lets a guest hold the host to: sizes and numbers, and the error for breaking the rules.

/** Upper bounds on what a guest may hand over during one operation. */
export interface ExchangeLimits {
  /** Bytes of the answer to an operation, and of a host call's payload; more ends the guest's call. */
  readonly payloadBytes: number;
  /** Bytes of an error text or a console line, which are cut there, and of a host call's names, where more ends the call. */
  readonly textBytes: number;
  /** Host calls; one more ends the guest's call. */
  readonly hostCalls: number;
}

/**
 * 8 MiB: an API server sends at most 3 MiB of object, a mutating policy answers with the whole object once, JSON escapes
 * may double it; and the serving thread reads and compares what comes back, some seconds' work for every 16 MiB. 64 KiB is more than anyone reads of an error. 10,000 calls are more than
 * a policy makes about one object, and answering them takes the serving thread less than a second.
 */
export const defaultExchangeLimits: ExchangeLimits = { payloadBytes: 8 * 1024 * 1024, textBytes: 64 * 1024, hostCalls: 10_000 };

/** A guest used the protocol in a way it does not allow; ends the guest's call as a trap does. */
export class GuestProtocolError extends Error {
  override readonly name = 'GuestProtocolError';
}
