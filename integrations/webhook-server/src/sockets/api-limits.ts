// What a client may hold open. The API server keeps a few connections and reuses them; whoever needs more is no API server.
import { maxRequestMs } from '../middleware/request-deadline.js';

/** Bounds on connections, sessions and requests; times in milliseconds. */
export interface ApiLimits {
  /** TLS handshake, and a request's headers on a connection that has just been opened. */
  readonly headersMs: number;
  /** A whole request, from its headers to the end of its answer; longer than any deadline a request can have. */
  readonly requestMs: number;
  /** A connection or session without a request. */
  readonly idleMs: number;
  /** What a client may go on sending once its request is answered: cut off at once, it might never read the answer. */
  readonly lingerMs: number;
  /** How often HTTP/1.1 connections are looked at for the times above. */
  readonly checkMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Requests at once on one HTTP/2 session. */
  readonly maxStreams: number;
  /** What one session may hold in Node's memory, in MiB: answers with large patches that the client has not read yet. */
  readonly maxSessionMiB: number;
  /** Requests at once over all connections: what one takes before its body is counted is little, but not nothing. */
  readonly maxRequests: number;
}

/** The limits that are served with. */
export const apiLimits: ApiLimits = {
  headersMs: 10_000,
  requestMs: maxRequestMs + 5000,
  idleMs: 120_000,
  lingerMs: 5000,
  checkMs: 1000,
  maxHeaderBytes: 32 * 1024,
  maxConnections: 1000,
  maxStreams: 250,
  maxSessionMiB: 64,
  maxRequests: 5000,
};
