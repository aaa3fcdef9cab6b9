// The HTTPS server of the controller's own webhooks. Every replica serves, leader or not. Its certificate is taken over without a restart;
// until there is one, no handshake succeeds.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';

import { messageOf } from 'wasmwarden';

import type { KeyPair } from '../certificates/key-pair.js';
import { ownWebhookAt, type OwnPurpose } from '../desired/own-webhooks.js';
import { judge, type Registry } from './judge.js';
import { malformedAnswer, parseReview, type ReviewAnswer } from './review.js';

/** What a server is made of. */
export interface WebhookServerParts {
  readonly registry: Registry;
  /** Authorities that clients' certificates must chain to, as PEM; absent where clients need none. */
  readonly clientAuthorities: string | undefined;
  /** Told of every answer. */
  readonly onAnswer: (purpose: OwnPurpose, code: number) => void;
  /** Told of what should not happen. */
  readonly onError: (error: unknown) => void;
}

/** The reference's limit of a request body. */
const maxBodyBytes = 7 * 1024 * 1024;

/** An API server waits for thirty seconds at most. */
const requestMs = 35_000;
const idleMs = 120_000;
const checkMs = 1_000;
const maxConnections = 1_000;

/** The server. */
export class WebhookServer {
  readonly #server: Server;
  readonly #parts: WebhookServerParts;
  #certificate: string | undefined;

  constructor(parts: WebhookServerParts) {
    this.#parts = parts;
    const clients = parts.clientAuthorities === undefined ? {} : { ca: parts.clientAuthorities, requestCert: true, rejectUnauthorized: true };
    const limits = { headersTimeout: requestMs, requestTimeout: requestMs, keepAliveTimeout: idleMs, connectionsCheckingInterval: checkMs };
    this.#server = createServer({ ...clients, ...limits, minVersion: 'TLSv1.2' }, (request, response) => {
      void this.#answer(request, response);
    });
    this.#server.maxConnections = maxConnections;
  }

  /** The certificate that is served, as PEM; undefined while there is none. */
  get certificate(): string | undefined {
    return this.#certificate;
  }

  /** Listens on every address, and gives back the port. */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, () => {
        this.#server.off('error', reject);
        this.#server.on('error', this.#parts.onError);
        const bound = this.#server.address();
        resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
      });
    });
  }

  /** Serves new handshakes with a certificate; open connections stay. What cannot be served changes nothing. */
  serve({ certificate, key }: KeyPair): void {
    const { clientAuthorities } = this.#parts;
    this.#server.setSecureContext({ cert: certificate, key, ...(clientAuthorities === undefined ? {} : { ca: clientAuthorities }), minVersion: 'TLSv1.2' });
    this.#certificate = certificate;
  }

  /** Takes no new connections and ends those without a request; settles when the last is answered. */
  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeIdleConnections();
    });
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = ownWebhookAt((request.url ?? '').split('?', 1)[0] ?? '');
    try {
      if (target === undefined || request.method !== 'POST') {
        request.resume();
        response.writeHead(target === undefined ? 404 : 405).end();
        return;
      }
      const answer = await this.#review(target.purpose, request);
      this.#parts.onAnswer(target.purpose, answer.response.status?.code ?? 200);
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
    } catch (error) {
      this.#parts.onError(error);
      if (!response.headersSent) response.writeHead(500);
      response.end();
    }
  }

  async #review(purpose: OwnPurpose, request: IncomingMessage): Promise<ReviewAnswer> {
    const body = await readBody(request);
    if (body === undefined) return malformedAnswer(413, `the body has more than ${maxBodyBytes} bytes`);
    const review = parseReview(parsedJson(body));
    return 'problem' in review ? malformedAnswer(400, review.problem) : judge(purpose, review, this.#parts.registry);
  }
}

/** The body; undefined when it is too large, and then the rest is not kept. */
async function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= maxBodyBytes) chunks.push(chunk);
    else chunks.length = 0;
  }
  return length > maxBodyBytes ? undefined : Buffer.concat(chunks);
}

function parsedJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (thrown) {
    return messageOf(thrown);
  }
}
