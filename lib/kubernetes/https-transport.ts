// The transport over node:https: kept connections for requests, one of its own for each stream. The only file of this
// folder that touches the network.
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage, request as sendPlain, type RequestOptions } from 'node:http';
import { Agent as HttpsAgent, request as sendEncrypted } from 'node:https';

import { Fault } from '../fault.js';
import { bytesIn } from '../http/body.js';
import { connectionFault, type HttpFaultCode } from '../http/http-fault.js';
import type { TransportAnswer } from '../http/transport.js';
import type { Connection, TlsIdentity } from './connection.js';
import type { ClusterRequest, ClusterTransport } from './transport.js';

/** Requests that are under way at once; more wait. A stream counts for none. */
const maxConnections = 32;

/** An idle connection is closed before the load balancers in front of API servers forget it, in milliseconds. */
const keptMs = 45_000;

/** The kernel asks a silent peer whether it still lives after this time, in milliseconds. */
const keepAliveProbeMs = 30_000;

/** Connections of one identity. */
interface Agents {
  readonly identity: string;
  readonly kept: HttpAgent;
  readonly single: HttpAgent;
}

/** Makes the transport; close it when it is no longer used. */
export function createHttpsTransport(): ClusterTransport {
  const open = new Set<Agents>();
  let newest: Agents | undefined;
  let closed = false;
  const drop = (agents: Agents): void => {
    agents.kept.destroy();
    agents.single.destroy();
    open.delete(agents);
  };
  const agentFor = (connection: Connection, streaming: boolean): HttpAgent => {
    if (connection.proxyAgent !== undefined) return connection.proxyAgent;
    const identity = identityOf(connection);
    if (newest?.identity !== identity) {
      // What an older identity has under way goes on; a plugin may give a new one every minute, so the rest is let go.
      for (const older of open) if (isIdle(older)) drop(older);
      newest = agentsFor(connection, identity);
      open.add(newest);
    }
    return streaming ? newest.single : newest.kept;
  };
  return {
    /**
     * A GET for which a kept connection proves dead goes out again on another one: servers close idle connections when
     * they like. Anything else may have been done, and is the caller's to repeat.
     */
    async send(request) {
      for (;;) {
        if (closed) throw new Fault<HttpFaultCode>('HTTP_ABORTED', 'the client has been closed');
        try {
          return await attempt(request, agentFor(request.connection, request.streaming));
        } catch (error) {
          if (!(error instanceof StaleConnection)) throw error;
          if (request.method !== 'GET') throw error.fault;
        }
      }
    },
    close() {
      closed = true;
      open.forEach(drop);
    },
  };
}

function isIdle({ kept, single }: Agents): boolean {
  return [kept.sockets, kept.requests, single.sockets].every((busy) => Object.keys(busy).length === 0);
}

function agentsFor({ server, tls }: Connection, identity: string): Agents {
  const kept = { keepAlive: true, keepAliveMsecs: keepAliveProbeMs, maxSockets: maxConnections, timeout: keptMs };
  const single = { keepAlive: false };
  if (server.protocol === 'http:') return { identity, kept: new HttpAgent(kept), single: new HttpAgent(single) };
  const options = tlsOptions(tls);
  return { identity, kept: new HttpsAgent({ ...kept, ...options }), single: new HttpsAgent({ ...single, ...options }) };
}

function identityOf({ server, tls }: Connection): string {
  return JSON.stringify([server.protocol, tls.ca, tls.certificate, tls.key, tls.serverName, tls.verified]);
}

function tlsOptions({ ca, certificate, key, serverName, verified }: TlsIdentity): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined ? {} : { cert: certificate }),
    ...(key === undefined ? {} : { key }),
    ...(serverName === undefined ? {} : { servername: serverName }),
    rejectUnauthorized: verified,
  };
}

/** The server had closed a kept connection before the request arrived. */
class StaleConnection extends Error {
  readonly fault: Fault<HttpFaultCode>;

  constructor(fault: Fault<HttpFaultCode>) {
    super(fault.message);
    this.fault = fault;
  }
}

function attempt(request: ClusterRequest, agent: HttpAgent): Promise<TransportAnswer> {
  const { connection, method, body, signal, idleTimeoutMs } = request;
  const url = new URL(`${connection.server.pathname.replace(/\/$/, '')}${request.path}`, connection.server);
  const headers: Record<string, string> = { ...connection.headers, ...request.headers };
  if (body !== undefined) headers['content-length'] = String(body.byteLength);
  // The time limit among the options counts while connecting too; that of `setTimeout` only afterwards.
  const options: RequestOptions = { method, headers, agent, signal, timeout: idleTimeoutMs };
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(connectionFault(signal.reason, url.host, signal));
      return;
    }
    let timedOut = false;
    const faultOf = (error: unknown): Fault<HttpFaultCode> => (timedOut ? silence(url.host, idleTimeoutMs) : connectionFault(error, url.host, signal));
    const outgoing: ClientRequest = (url.protocol === 'http:' ? sendPlain : sendEncrypted)(url, options, (incoming) => resolve(answerOf(incoming, faultOf)));
    outgoing.on('error', (error) => {
      const fault = faultOf(error);
      reject(outgoing.reusedSocket && fault.code === 'HTTP_INTERRUPTED' ? new StaleConnection(fault) : fault);
    });
    outgoing.on('timeout', () => {
      timedOut = true;
      outgoing.destroy();
    });
    outgoing.on('socket', (socket) => socket.setKeepAlive(true, keepAliveProbeMs));
    outgoing.end(body);
  });
}

function silence(host: string, idleTimeoutMs: number): Fault<HttpFaultCode> {
  return new Fault('HTTP_TIMEOUT', `${host} was silent for ${idleTimeoutMs} ms`, { retryable: true, context: { host } });
}

function answerOf(incoming: IncomingMessage, faultOf: (error: unknown) => Fault<HttpFaultCode>): TransportAnswer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers[name] = typeof value === 'string' ? value : value.join(', ');
  }
  return {
    status: incoming.statusCode ?? 0,
    headers,
    body: chunksOf(incoming, faultOf),
    discard() {
      incoming.destroy();
      return Promise.resolve();
    },
  };
}

async function* chunksOf(incoming: IncomingMessage, faultOf: (error: unknown) => Fault<HttpFaultCode>): AsyncGenerator<Uint8Array> {
  try {
    yield* bytesIn(incoming);
  } catch (error) {
    throw faultOf(error);
  }
}
