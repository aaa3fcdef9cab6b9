// TLS connections through a proxy: CONNECT, then TLS to the end of the tunnel, as a connector for undici. Undici's own
// ProxyAgent tries for ever, deaf to signals, when a proxy closes the connection (seen with 7.30.2); when it no longer
// does, this file can go.
import { request as requestPlain, type RequestOptions } from 'node:http';
import { request as requestSecure } from 'node:https';
import type { Socket } from 'node:net';

import { buildConnector } from 'undici';

/** A failure of the proxy, with a code that http-fault.ts knows. */
class ProxyError extends Error {
  override readonly name = 'ProxyError';
  readonly code: 'PROXY_REFUSED' | 'PROXY_UNREACHABLE';

  constructor(code: ProxyError['code'], message: string) {
    super(message);
    this.code = code;
  }
}

/** Makes a connector that reaches TLS servers through a proxy. */
export function tunnelConnector(proxy: URL, tls: buildConnector.BuildOptions, timeoutMs: number): buildConnector.connector {
  const secure = buildConnector(tls);
  return (options, callback) => {
    const target = `${options.hostname}:${options.port === '' ? '443' : options.port}`;
    openTunnel(proxy, target, timeoutMs).then(
      (socket) => secure({ ...options, httpSocket: socket }, callback),
      (error: unknown) => callback(error instanceof Error ? error : new Error('no tunnel'), null),
    );
  };
}

function openTunnel(proxy: URL, target: string, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const call = proxy.protocol === 'https:' ? requestSecure(connectOptions(proxy, target, timeoutMs)) : requestPlain(connectOptions(proxy, target, timeoutMs));
    const refuse = (found: string): void => {
      call.destroy();
      reject(new ProxyError('PROXY_REFUSED', found));
    };
    call.once('connect', ({ statusCode }, socket) => {
      // The request lets go of the socket here: without a listener its errors would end the process.
      socket.on('error', () => undefined);
      if (statusCode === 200) return resolve(socket);
      socket.destroy();
      refuse(`the proxy answered ${statusCode ?? 0}`);
    });
    call.once('response', ({ statusCode }) => refuse(`the proxy answered ${statusCode ?? 0}`));
    call.once('timeout', () => refuse('the proxy did not answer'));
    call.once('error', () => reject(new ProxyError('PROXY_UNREACHABLE', 'the proxy closed the connection or was not reached')));
    call.end();
  });
}

function connectOptions(proxy: URL, target: string, timeout: number): RequestOptions {
  const headers: Record<string, string> = { host: target };
  if (proxy.username !== '') {
    const user = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
    headers['proxy-authorization'] = `Basic ${Buffer.from(user, 'utf8').toString('base64')}`;
  }
  return { method: 'CONNECT', hostname: proxy.hostname.replace(/^\[(.*)\]$/, '$1'), port: proxy.port, path: target, headers, agent: false, timeout };
}
