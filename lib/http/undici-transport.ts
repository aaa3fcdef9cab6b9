// The transport over undici: connections kept per way of trusting and per proxy, limits in time, errors as faults.
// This file and tunnel.ts alone know undici; they are reached through the source door alone.
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';

import { Agent, type Dispatcher, ProxyAgent, request as sendRequest } from 'undici';

import type { Trust } from './access.js';
import { bytesIn } from './body.js';
import { connectionFault } from './http-fault.js';
import { noProxies, type Proxies, proxyFor } from './proxies.js';
import { tunnelConnector } from './tunnel.js';
import type { Transport, TransportAnswer, TransportRequest } from './transport.js';

export interface UndiciTransportOptions {
  readonly proxies?: Proxies;
  /** How long a connection may take to come up, in milliseconds. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** How long a server may be silent: before its headers, and between two pieces of a body. Default 30,000. */
  readonly idleTimeoutMs?: number;
}

/** Makes the transport; `close` it, or its idle connections keep the process alive for a few seconds. */
export function createUndiciTransport(options: UndiciTransportOptions = {}): Transport {
  const { proxies = noProxies, connectTimeoutMs = 10_000, idleTimeoutMs = 30_000 } = options;
  const dispatchers = new Map<string, Dispatcher>();
  const dispatcherFor = (url: URL, trust: Trust): Dispatcher => {
    const proxy = proxyFor(url, proxies);
    const key = JSON.stringify([trust, proxy?.href]);
    const found = dispatchers.get(key) ?? createDispatcher(trust, proxy, { connectTimeoutMs, idleTimeoutMs });
    dispatchers.set(key, found);
    return found;
  };
  return {
    async send(request) {
      const { url, method, headers, body, signal } = request;
      try {
        const answer = await sendRequest(url, { dispatcher: dispatcherFor(url, request.trust), method, headers, body: body ?? null, signal });
        return answerOf(answer, request);
      } catch (error) {
        throw connectionFault(error, url.host, signal);
      }
    },
    async close() {
      const open = [...dispatchers.values()];
      dispatchers.clear();
      await Promise.all(open.map((dispatcher) => dispatcher.destroy()));
    },
  };
}

function createDispatcher(trust: Trust, proxy: URL | undefined, limits: { readonly connectTimeoutMs: number; readonly idleTimeoutMs: number }): Dispatcher {
  const tls = { ...tlsOf(trust), timeout: limits.connectTimeoutMs };
  const timeouts = { headersTimeout: limits.idleTimeoutMs, bodyTimeout: limits.idleTimeoutMs };
  if (proxy === undefined) return new Agent({ ...timeouts, connect: tls });
  if (trust.kind !== 'plain') return new Agent({ ...timeouts, connect: tunnelConnector(proxy, tls, limits.connectTimeoutMs) });
  // Without a tunnel for plain HTTP: most proxies allow CONNECT to port 443 alone.
  return new ProxyAgent({ ...timeouts, uri: proxy.href, proxyTls: { timeout: limits.connectTimeoutMs }, proxyTunnel: false });
}

function tlsOf(trust: Trust): { readonly secureContext?: SecureContext; readonly rejectUnauthorized?: boolean } {
  switch (trust.kind) {
    case 'plain':
      return {};
    case 'unverified':
      return { rejectUnauthorized: false };
    case 'verified':
      // A context made once: reading the system's hundred and more roots takes longer than a handshake.
      return trust.authorities.length === 0 ? {} : { secureContext: createSecureContext({ ca: [...rootCertificates, ...trust.authorities] }) };
  }
}

function answerOf(answer: Dispatcher.ResponseData, { url, signal }: TransportRequest): TransportAnswer {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined) headers[name.toLowerCase()] = typeof value === 'string' ? value : value.join(', ');
  }
  return {
    status: answer.statusCode,
    headers,
    body: chunksOf(answer.body, url, signal),
    // Reads on so that the connection can be used again; beyond undici's own small limit it is closed instead.
    discard: () => answer.body.dump().catch(() => undefined),
  };
}

async function* chunksOf(body: AsyncIterable<unknown>, url: URL, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* bytesIn(body);
  } catch (error) {
    throw connectionFault(error, url.host, signal);
  }
}
