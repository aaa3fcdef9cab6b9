// What the protocol lets a guest hold the host to: sizes of what it may hand over, and the error for breaking the rules.

/** Upper bounds on what one guest may hand over in one piece, in bytes. */
export interface ExchangeLimits {
  /** The answer to an operation, and the payload of a host call. */
  readonly payloadBytes: number;
  /** An error text or a console line. */
  readonly textBytes: number;
}

/**
 * 16 MiB: an API server sends at most 3 MiB of object, a mutating policy answers with the whole object once,
 * JSON escapes may double it; the rest is room. 64 KiB is more than anyone reads of an error.
 */
export const defaultExchangeLimits: ExchangeLimits = { payloadBytes: 16 * 1024 * 1024, textBytes: 64 * 1024 };

/** A guest used the protocol in a way it does not allow; ends the guest's call as a trap does. */
export class GuestProtocolError extends Error {
  override readonly name = 'GuestProtocolError';
}
