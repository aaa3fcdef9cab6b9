// Makes Services reachable for Pods by address and by name: what kube-proxy and the cluster's DNS do elsewhere.
//
// The whole Service range is local to the Node, and a plain TCP proxy listens on each ClusterIP and port. The API server
// does not use it for webhooks: it goes to endpoints directly (aggregator routing).

import { execFile } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import type { ApiClient } from '../api/client.js';
import { watchCollection } from '../api/watch.js';
import { decodeQuestion, encodeAnswer } from './dns-message.js';
import { ServiceTable, type EndpointSlice, type Frontend, type Service } from './service-table.js';

const run = promisify(execFile);

/** Starts the proxy and the DNS server of the Node at an address, and follows Services until the signal aborts. */
export async function startServiceNetwork(client: ApiClient, address: string, serviceRange: string, signal: AbortSignal): Promise<void> {
  await run('ip', ['route', 'add', 'local', serviceRange, 'dev', 'lo']);
  const table = new ServiceTable();
  const proxies = new ProxySet(table);
  void watchCollection<Service>({
    client,
    path: '/api/v1/services',
    signal,
    onChange: (change) => {
      table.takeService(change);
      proxies.follow();
    },
  });
  void watchCollection<EndpointSlice>({ client, path: '/apis/discovery.k8s.io/v1/endpointslices', signal, onChange: (change) => table.takeSlice(change) });
  await startDns(table, address);
}

/** One listening proxy per frontend. */
class ProxySet {
  readonly #table: ServiceTable;
  readonly #servers = new Map<string, Server>();

  constructor(table: ServiceTable) {
    this.#table = table;
  }

  /** Listens where there is a Service, and nowhere else. */
  follow(): void {
    const wanted = new Map(this.#table.frontends().map((frontend) => [`${frontend.address}:${frontend.port}`, frontend]));
    for (const [key, server] of this.#servers) {
      if (wanted.has(key)) continue;
      server.close();
      this.#servers.delete(key);
    }
    for (const [key, frontend] of wanted) if (!this.#servers.has(key)) this.#servers.set(key, this.#listen(frontend));
  }

  #listen(frontend: Frontend): Server {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#forward(socket, frontend));
    server.on('error', (error) => process.stderr.write(`service proxy at ${frontend.address}:${frontend.port}: ${error.message}\n`));
    server.listen(frontend.port, frontend.address);
    return server;
  }

  /** Without endpoints a connection is reset, as kube-proxy has it rejected. */
  #forward(socket: Socket, frontend: Frontend): void {
    const endpoints = this.#table.endpoints(frontend);
    const endpoint = endpoints[Math.floor(Math.random() * endpoints.length)];
    socket.on('error', () => undefined);
    if (endpoint === undefined) {
      socket.resetAndDestroy();
      return;
    }
    const upstream = connect({ host: endpoint.address, port: endpoint.port, allowHalfOpen: true });
    upstream.on('error', () => socket.resetAndDestroy());
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }
}

/** Answers names of Services over UDP; every other name does not exist. */
async function startDns(table: ServiceTable, address: string): Promise<void> {
  const socket = createSocket('udp4', (message, from) => {
    const question = decodeQuestion(message);
    if (question !== undefined) socket.send(encodeAnswer(question, table.resolve(question.name)), from.port, from.address);
  });
  socket.bind(53, address);
  await once(socket, 'listening');
}
