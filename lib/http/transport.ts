// The port to the network: one request, one answer, no redirects, no retries. The adapter is undici-transport.ts.
import type { Trust } from './access.js';

/** One HTTP request as it goes out. */
export interface TransportRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT';
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly trust: Trust;
  readonly signal: AbortSignal;
}

/** One HTTP answer; its body must be read to the end, or discarded. */
export interface TransportAnswer {
  readonly status: number;
  /** Names in lower case; a repeated header is joined by `, `. */
  readonly headers: Readonly<Record<string, string>>;
  /** Throws `HTTP_INTERRUPTED`, `HTTP_TIMEOUT` or `HTTP_ABORTED` where the body breaks off. */
  readonly body: AsyncIterable<Uint8Array>;
  readonly discard: () => Promise<void>;
}

/** Reaches servers. */
export interface Transport {
  /** @throws {Fault} `HTTP_UNREACHABLE`, `HTTP_UNTRUSTED`, `HTTP_TIMEOUT`, `HTTP_INTERRUPTED`, `HTTP_ABORTED` */
  readonly send: (request: TransportRequest) => Promise<TransportAnswer>;
  /** Ends every connection. */
  readonly close: () => Promise<void>;
}
