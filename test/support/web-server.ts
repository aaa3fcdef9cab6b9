// Web servers on loopback that answer as a test wants and remember what they were asked.
import { createServer as createPlainServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';

import type { TestCertificates } from './certificates.js';

/** One request that arrived. */
export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

/** Answers a request. */
export type Answerer = (request: IncomingMessage, response: ServerResponse) => void;

export interface WebServer extends AsyncDisposable {
  /** `127.0.0.1:port` or, with certificates, `localhost:port`. */
  readonly host: string;
  readonly origin: string;
  readonly seen: readonly SeenRequest[];
}

/** Starts a server; over TLS when it is given certificates. */
export async function startWebServer(answer: Answerer, certificates?: TestCertificates, address = '127.0.0.1'): Promise<WebServer> {
  const seen: SeenRequest[] = [];
  const listener: Answerer = (request, response) => {
    seen.push({ method: request.method ?? '', url: request.url ?? '', authorization: request.headers.authorization });
    answer(request, response);
  };
  const server: Server = certificates === undefined ? createPlainServer(listener) : createSecureServer({ cert: certificates.certificate, key: certificates.key }, listener);
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  const { port } = server.address() as AddressInfo;
  const host = `${certificates === undefined || address !== '127.0.0.1' ? address : 'localhost'}:${port}`;
  return {
    host,
    origin: `${certificates === undefined ? 'http' : 'https'}://${host}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
