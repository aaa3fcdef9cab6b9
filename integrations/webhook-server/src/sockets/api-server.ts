// The socket of the API: HTTP/1.1 and HTTP/2 over TLS (or plain HTTP), within limits, with an end that drains both protocols.
// What a request is answered with is the listener's business.
import { createServer, type Server } from 'node:http';
import { createSecureServer, type Http2SecureServer } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

import type { TlsMaterial } from '../tls/tls-material.js';

import type { ApiLimits } from './api-limits.js';
import { RequestGuard, type ApiListener } from './request-guard.js';
import { SessionGuard } from './session-guard.js';

/** The API's server, on one port. */
export interface ApiServer {
  /** Listens and gives back the port. */
  listen(port: number, address: string): Promise<number>;
  /** Serves new handshakes with new material; open connections stay. */
  replaceTls(material: TlsMaterial): void;
  /** Takes no new connections, lets requests end, and cuts off what is left after the grace time; tells how many connections that were. */
  close(graceMs: number): Promise<number>;
}

/** What a server is made of. */
export interface ApiServerParts {
  readonly listener: ApiListener;
  /** Plain HTTP when absent. */
  readonly tls: TlsMaterial | undefined;
  readonly limits: ApiLimits;
  /** Told what goes wrong with the listening socket once it listens. */
  readonly onError: (error: Error) => void;
}

/** Makes the server. */
export function createApiServer({ listener, tls, limits, onError }: ApiServerParts): ApiServer {
  const requests = new RequestGuard(listener, limits);
  const sessions = new SessionGuard(limits);
  const server = tls === undefined ? createServer() : createTlsServer(tls, limits, sessions);
  const connections = new Connections();
  server.maxConnections = limits.maxConnections;
  boundHttp1(server, limits);
  server.on('request', requests.accept);
  // With a listener of its own nothing is told to go on before its headers have been looked at.
  server.on('checkContinue', requests.accept);
  server.on('connection', (socket: Socket) => connections.opened(socket));
  if (tls === undefined) server.on('connection', (socket: Socket) => connections.spoken(socket));
  else server.on('secureConnection', (socket: TLSSocket) => socket.alpnProtocol === 'h2' || connections.spoken(socket));
  return {
    async listen(port, address) {
      const bound = await listening(server, port, address);
      server.on('error', onError);
      return bound;
    },
    replaceTls(material) {
      if (!('setSecureContext' in server)) throw new Error('a plain server has no TLS material');
      server.setSecureContext(secureOptions(material));
    },
    async close(graceMs) {
      const done = new Promise<void>((resolve) => server.close(() => resolve()));
      requests.drain();
      sessions.drain();
      connections.endIdle((socket) => requests.isBusy(socket));
      let cutOff = 0;
      const timer = setTimeout(() => (cutOff = connections.cutOff()), graceMs);
      await done;
      clearTimeout(timer);
      return cutOff;
    },
  };
}

/** Connections, so that they can be ended: Node 20 offers no way to end those of an HTTP/2 server. */
class Connections {
  readonly #open = new Set<Socket>();
  /** Those that speak HTTP/1.1, as the HTTP layer knows them: with TLS, another object. */
  readonly #http1 = new Set<Socket>();

  opened(socket: Socket): void {
    remember(this.#open, socket);
  }

  spoken(socket: Socket): void {
    remember(this.#http1, socket);
  }

  /** Ends HTTP/1.1 connections without a request. Node does so itself, but for those that never had one. */
  endIdle(isBusy: (socket: Socket) => boolean): void {
    for (const socket of this.#http1) if (!isBusy(socket)) socket.destroy();
  }

  cutOff(): number {
    const count = this.#open.size;
    for (const socket of this.#open) socket.destroy();
    return count;
  }
}

function remember(sockets: Set<Socket>, socket: Socket): void {
  sockets.add(socket);
  socket.on('close', () => sockets.delete(socket));
}

/** Options that have to be given again with every new certificate. */
function secureOptions({ cert, key, ca }: TlsMaterial): { cert: string; key: string; ca?: string[]; minVersion: 'TLSv1.2' } {
  return { cert, key, ...(ca === undefined ? {} : { ca }), minVersion: 'TLSv1.2' };
}

function createTlsServer(tls: TlsMaterial, limits: ApiLimits, sessions: SessionGuard): Http2SecureServer {
  const server = createSecureServer({
    ...secureOptions(tls),
    allowHTTP1: true,
    // Cannot be changed later: whether clients need a certificate is decided when the server is made.
    ...(tls.ca === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
    handshakeTimeout: limits.headersMs,
    maxSessionMemory: limits.maxSessionMiB,
    settings: { maxConcurrentStreams: limits.maxStreams, maxHeaderListSize: limits.maxHeaderBytes, enablePush: false },
  });
  server.on('session', sessions.accept);
  return server;
}

/** The limits of HTTP/1.1. An HTTP/2 server that speaks it too has them as properties, and only after it was made. */
function boundHttp1(server: Server | Http2SecureServer, { headersMs, requestMs, idleMs, checkMs, maxHeaderBytes }: ApiLimits): void {
  Object.assign(server, { headersTimeout: headersMs, requestTimeout: requestMs, keepAliveTimeout: idleMs, connectionsCheckingInterval: checkMs, maxHeaderSize: maxHeaderBytes });
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
