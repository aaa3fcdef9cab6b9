// The plain HTTP ports: readiness and liveness for Kubernetes, metrics for Prometheus.
import { createServer, type Server } from 'node:http';

/** A path's answer. */
export type ProbeAnswer = () => Promise<{ readonly status: number; readonly type?: string; readonly body: string }>;

/** Requests to a probe are small and quick; anything else is cut off, soon enough that idlers cannot keep a kubelet out. */
const timeoutMs = 5000;
const checkMs = 1000;
const maxConnections = 1000;

/** Makes a server that answers GET on fixed paths. */
export function createProbeServer(answers: Readonly<Record<string, ProbeAnswer>>): Server {
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
  return server;
}
