// The Node's own HTTPS server: the part of a kubelet's that `kubectl logs` uses.

import { createReadStream, watch } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import { once } from 'node:events';

/** Certificates of the server (PEM) and the authority of its clients. */
export interface ServerCertificates {
  readonly certificate: string;
  readonly key: string;
  readonly clientAuthority: string;
}

/** Which log is asked for. */
export interface LogAddress {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly previous: boolean;
}

/** A log on the Node. */
export interface ContainerLog {
  readonly path: string;
  /** Whether its container may still write. */
  readonly live: () => boolean;
}

/** Finds a log; undefined when there is no such container. */
export type FindLog = (address: LogAddress) => ContainerLog | undefined;

/** Group whose members may ask: the API server's own client certificate carries it. */
const ALLOWED_GROUP = 'system:masters';

/** How often a followed log is looked at when the file system reports nothing, in milliseconds. */
const FOLLOW_POLL_MS = 500;

/** Starts the server on one address. */
export async function startNodeServer(address: string, port: number, certificates: ServerCertificates, findLog: FindLog): Promise<Server> {
  const server = createServer({ cert: certificates.certificate, key: certificates.key, ca: certificates.clientAuthority, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    answer(request, response, findLog).catch((error: unknown) => response.destroy(error instanceof Error ? error : undefined));
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

async function answer(request: IncomingMessage, response: ServerResponse, findLog: FindLog): Promise<void> {
  const url = new URL(request.url ?? '/', 'https://node');
  const [, route, namespace = '', pod = '', container = ''] = url.pathname.split('/');
  const log = findLog({ namespace, pod, container, previous: url.searchParams.get('previous') === 'true' });
  if (!allowed(request)) end(response, 403, 'Forbidden');
  else if (route !== 'containerLogs') end(response, 404, `${url.pathname} is not imitated`);
  else if (log === undefined) end(response, 404, `container ${container} in pod ${pod} is not found`);
  else await sendLog(response, log, url.searchParams);
}

function allowed({ socket }: IncomingMessage): boolean {
  return socket instanceof TLSSocket && [socket.getPeerCertificate().subject.O].flat().includes(ALLOWED_GROUP);
}

async function sendLog(response: ServerResponse, log: ContainerLog, query: URLSearchParams): Promise<void> {
  const whole = await readFile(log.path).catch(() => Buffer.alloc(0));
  const tail = query.get('tailLines');
  const from = tail === null ? 0 : tailStart(whole, Number(tail));
  const limit = query.get('limitBytes');
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(limit === null ? whole.subarray(from) : whole.subarray(from, from + Number(limit)));
  if (query.get('follow') === 'true') await followLog(response, log, whole.length);
  response.end();
}

/** Sends what is appended until the container has ended or the reader leaves. */
async function followLog(response: ServerResponse, { path, live }: ContainerLog, from: number): Promise<void> {
  let sent = from;
  let open = true;
  response.once('close', () => (open = false));
  const watcher = watch(path, () => undefined);
  try {
    while (open) {
      // Asked before the last look at the file, so that nothing written at the end is missed.
      const more = live();
      sent += await sendFrom(response, path, sent);
      if (!more) return;
      await once(watcher, 'change', { signal: AbortSignal.timeout(FOLLOW_POLL_MS) }).catch(() => undefined);
    }
  } finally {
    watcher.close();
  }
}

/** Sends what a file holds from an offset on, and returns how much that was. */
async function sendFrom(response: ServerResponse, path: string, from: number): Promise<number> {
  const { size } = await stat(path);
  if (size <= from) return 0;
  for await (const chunk of createReadStream(path, { start: from, end: size - 1 })) response.write(chunk);
  return size - from;
}

/** Offset of the last so many lines. */
function tailStart(text: Buffer, lines: number): number {
  let at = text.length;
  for (let line = 0; line <= lines; line += 1) {
    at = text.lastIndexOf('\n', at - 1);
    if (at <= 0) return at === 0 && line === lines ? 1 : 0;
  }
  return at + 1;
}

function end(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(text);
}
