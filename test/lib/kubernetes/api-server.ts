// A server on loopback that answers as an API server would, and a client of it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';

import { ClusterClient, type ClientOptions } from '../../../lib/kubernetes/client.js';
import type { Connection, ConnectionSource } from '../../../lib/kubernetes/connection.js';
import type { ApiResource } from '../../../lib/kubernetes/resource.js';
import { startWebServer, type WebServer } from '../../support/web-server.js';

export const pods: ApiResource = { group: '', version: 'v1', plural: 'pods', kind: 'Pod', namespaced: true };
export const nodes: ApiResource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };

/** A request with its body read. */
export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What the server says; an object goes out as JSON. */
export interface Said {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: object | string;
}

export interface ApiServer extends AsyncDisposable {
  readonly client: ClusterClient;
  readonly asked: readonly Asked[];
  readonly web: WebServer;
}

/** A connection without TLS. */
export function plainConnection(origin: string, headers: Readonly<Record<string, string>> = {}): Connection {
  return { server: new URL(origin), tls: { verified: true }, headers };
}

/** A source that always gives the same. */
export function fixedSource(connection: Connection): ConnectionSource {
  return { namespace: undefined, current: () => Promise.resolve(connection), renew: () => Promise.resolve(connection) };
}

/** Starts a server whose answers are values. */
export async function startApiServer(answer: (asked: Asked, count: number) => Said | Promise<Said>, options: ClientOptions = {}): Promise<ApiServer> {
  const asked: Asked[] = [];
  return startRawServer((request, response) => {
    void buffer(request).then(async (body) => {
      const { method = '', url = '', headers } = request;
      const question = { method, url, headers, body: body.toString() };
      asked.push(question);
      const said = await answer(question, asked.length);
      response.writeHead(said.status ?? 200, { 'content-type': 'application/json', ...said.headers });
      response.end(typeof said.body === 'string' ? said.body : JSON.stringify(said.body));
    });
  }, options, asked);
}

/** Starts a server that a test answers by hand. */
export async function startRawServer(answer: (request: IncomingMessage, response: ServerResponse) => void, options: ClientOptions = {}, asked: readonly Asked[] = []): Promise<ApiServer> {
  const web = await startWebServer(answer);
  const client = new ClusterClient(fixedSource(plainConnection(web.origin)), options);
  return {
    client,
    asked,
    web,
    async [Symbol.asyncDispose]() {
      client.close();
      await web[Symbol.asyncDispose]();
    },
  };
}

/** A Pod as the API server gives it. */
export function pod(name: string, resourceVersion = '1'): object {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'n', uid: `uid-${name}`, resourceVersion } };
}

/** A Status. */
export function refusal(code: number, reason: string, more: object = {}): Said {
  return { status: code, body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', code, reason, message: `because ${reason}`, ...more } };
}
