// The port to the API server: one request, one answer, nothing tried twice. The adapter is https-transport.ts.
import type { TransportAnswer } from '../http/transport.js';
import type { Connection } from './connection.js';

/** One request as it goes out. */
export interface ClusterRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path and query, below the server's own path. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | undefined;
  readonly connection: Connection;
  /** How long nothing may arrive, before the answer and within it, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** A stream has a connection of its own, for it would keep others waiting. */
  readonly streaming: boolean;
  /** Ends the request, and the answer's body too. */
  readonly signal: AbortSignal;
}

/** Reaches an API server. */
export interface ClusterTransport {
  /**
   * The body of the answer is read to its end or discarded, and throws the same faults.
   *
   * @throws {Fault} `HTTP_UNREACHABLE`, `HTTP_UNTRUSTED`, `HTTP_TIMEOUT`, `HTTP_INTERRUPTED`, `HTTP_ABORTED`
   */
  readonly send: (request: ClusterRequest) => Promise<TransportAnswer>;
  /** Ends every connection. */
  readonly close: () => void;
}
