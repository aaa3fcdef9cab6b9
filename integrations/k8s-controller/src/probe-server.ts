// The plain HTTP ports: health for Kubernetes, metrics for Prometheus.
import { createServer, type Server } from 'node:http';

import type { ListenAddress } from './config.js';

/** A path's answer. */
export type ProbeAnswer = () => Promise<{ readonly status: number; readonly type?: string; readonly body: string }>;

/** Requests are small and quick; anything else is cut off, soon enough that idlers cannot keep a kubelet out. */
const timeoutMs = 5_000;
const checkMs = 1_000;
const maxConnections = 100;

/** Serves GET on fixed paths until closed. */
export function serveProbes(answers: Readonly<Record<string, ProbeAnswer>>, { host, port }: ListenAddress): Promise<Server> {
  const limits = { headersTimeout: timeoutMs, requestTimeout: timeoutMs, keepAliveTimeout: timeoutMs, connectionsCheckingInterval: checkMs };
  const server = createServer(limits, (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    const answer = Object.hasOwn(answers, path) ? answers[path] : undefined;
    request.resume();
    if (answer === undefined) response.writeHead(404).end();
    else if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else {
      answer().then(
        ({ status, type, body }) => response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body),
        () => response.writeHead(500).end(),
      );
    }
  });
  server.maxConnections = maxConnections;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => resolve(server));
  });
}
