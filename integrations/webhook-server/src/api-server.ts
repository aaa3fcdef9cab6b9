// The socket of the API: HTTP/1.1 and HTTP/2 over TLS, with bounds on what a client may hold open, and an end that drains both.
import { createServer, type RequestListener, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer, type ServerHttp2Session } from 'node:http2';

import { maxRequestMs } from './middleware/request-deadline.js';
import type { TlsMaterial } from './tls/tls-material.js';

/** Longest time for a request's headers, and for a connection without requests, in milliseconds. */
const headersTimeoutMs = 10_000;
const idleTimeoutMs = 120_000;
/** A request that is not answered by then is cut off: the body included, well after the longest deadline. */
const requestTimeoutMs = maxRequestMs + 5000;
const maxHeaderBytes = 32 * 1024;
/** Open connections, and requests at once on one of them. The API server keeps a few connections with up to 250 streams. */
const maxConnections = 1000;
const maxConcurrentStreams = 250;

/** The API's server, on one port. */
export interface ApiServer {
  /** Listens and gives back the port. */
  listen(port: number, address: string): Promise<number>;
  /** Serves new handshakes with new material; open connections stay. */
  replaceTls(material: TlsMaterial): void;
  /** Takes no new connections, lets requests end, and cuts off what is left after the grace time. */
  close(graceMs: number): Promise<void>;
}

/** Makes the server; plain HTTP without TLS material. */
export function createApiServer(listener: RequestListener, tls: TlsMaterial | undefined): ApiServer {
  return tls === undefined ? plainServer(listener) : tlsServer(listener, tls);
}

function plainServer(listener: RequestListener): ApiServer {
  const server = createServer({ headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: idleTimeoutMs, maxHeaderSize: maxHeaderBytes }, listener);
  server.maxConnections = maxConnections;
  return {
    listen: (port, address) => listening(server, port, address),
    replaceTls: () => {
      throw new Error('a plain server has no TLS material');
    },
    close: (graceMs) => closed(server, graceMs, { drain: () => server.closeIdleConnections(), cut: () => server.closeAllConnections() }),
  };
}

/** Options that have to be given again with every new certificate. */
function secureOptions({ cert, key, ca }: TlsMaterial): { cert: string; key: string; ca?: string[]; minVersion: 'TLSv1.2' } {
  return { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' };
}

function tlsServer(listener: RequestListener, tls: TlsMaterial): ApiServer {
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({
    ...secureOptions(tls),
    allowHTTP1: true,
    // Cannot be changed later: whether clients need a certificate is decided when the server is made.
    ...(tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
    handshakeTimeout: headersTimeoutMs,
    maxSessionMemory: 64,
    settings: { maxConcurrentStreams, maxHeaderListSize: maxHeaderBytes, enablePush: false },
  });
  server.maxConnections = maxConnections;
  Object.assign(server, { headersTimeout: headersTimeoutMs, requestTimeout: requestTimeoutMs, keepAliveTimeout: idleTimeoutMs });
  server.on('request', listener as never);
  server.on('session', (session) => guardSession(session, sessions));
  return {
    listen: (port, address) => listening(server, port, address),
    replaceTls: (material) => server.setSecureContext(secureOptions(material)),
    close: (graceMs) =>
      closed(server, graceMs, {
        drain: () => {
          for (const session of sessions) session.close();
          closeHttp1(server, 'closeIdleConnections');
        },
        cut: () => {
          for (const session of sessions) session.destroy();
          closeHttp1(server, 'closeAllConnections');
        },
      }),
  };
}

/** An HTTP/2 server with `allowHTTP1` has these methods of the HTTP/1.1 server; TypeScript's declarations leave them out. */
function closeHttp1(server: Http2SecureServer, method: 'closeIdleConnections' | 'closeAllConnections'): void {
  const close: unknown = Reflect.get(server, method);
  if (typeof close === 'function') close.call(server);
}

/** Bounds by hand what HTTP/1.1 gets from Node: an idle session ends, and so does a stream that takes too long. */
function guardSession(session: ServerHttp2Session, sessions: Set<ServerHttp2Session>): void {
  sessions.add(session);
  session.setTimeout(idleTimeoutMs, () => session.close());
  session.on('close', () => sessions.delete(session));
  session.on('error', () => session.destroy());
  session.on('stream', (stream) => {
    const timer = setTimeout(() => stream.close(), requestTimeoutMs).unref();
    stream.on('close', () => clearTimeout(timer));
    stream.on('error', () => stream.close());
  });
}

function listening(server: Server | Http2SecureServer, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      server.off('error', reject);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

/** Node 20 never ends `close` while a client keeps an HTTP/2 session: sessions are closed by hand. */
async function closed(server: Server | Http2SecureServer, graceMs: number, { drain, cut }: { drain: () => void; cut: () => void }): Promise<void> {
  const timer = setTimeout(cut, graceMs);
  const done = new Promise<void>((resolve) => server.close(() => resolve()));
  drain();
  await done;
  clearTimeout(timer);
}
