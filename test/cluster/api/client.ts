// A small REST client for the API server: plain node:https, plain JSON. Watching is in watch.ts.

import { Agent, request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';

/** Where the API server is and who asks; certificates and keys are PEM. */
export interface Credentials {
  readonly server: string;
  readonly ca: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly token?: string;
}

/** What the API server answered instead of success. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly reason: string;

  constructor(status: number, reason: string, message: string) {
    super(message);
    this.status = status;
    this.reason = reason;
  }
}

/** A content type of PATCH. */
export type PatchKind = 'strategic-merge-patch+json' | 'merge-patch+json' | 'json-patch+json' | 'apply-patch+yaml';

/** Longest wait for an answer that is not a watch, in milliseconds. */
const ANSWER_TIMEOUT_MS = 30_000;

/** Whether an error is the API server's "no such object". */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

/** Whether an error is the API server's conflict (exists already, or changed meanwhile). */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** Asks the API server, one user per client. Paths start with `/api` or `/apis`. */
export class ApiClient {
  readonly #credentials: Credentials;
  readonly #agent: Agent;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
    this.#agent = new Agent({
      keepAlive: true,
      ca: credentials.ca,
      ...(credentials.certificate === undefined ? {} : { cert: credentials.certificate }),
      ...(credentials.key === undefined ? {} : { key: credentials.key }),
    });
  }

  /** Reads one object or list. */
  get<Answer>(path: string): Promise<Answer> {
    return this.#json<Answer>('GET', path);
  }

  /** Creates an object in a collection. */
  create<Answer>(path: string, body: object): Promise<Answer> {
    return this.#json<Answer>('POST', path, { body: JSON.stringify(body), type: 'application/json' });
  }

  /** Replaces an object. */
  replace<Answer>(path: string, body: object): Promise<Answer> {
    return this.#json<Answer>('PUT', path, { body: JSON.stringify(body), type: 'application/json' });
  }

  /** Changes an object in part. */
  patch<Answer>(path: string, kind: PatchKind, body: object): Promise<Answer> {
    return this.#json<Answer>('PATCH', path, { body: JSON.stringify(body), type: `application/${kind}` });
  }

  /** Deletes an object; `options` is a DeleteOptions without its kind. */
  async delete(path: string, options: object = {}): Promise<void> {
    await this.#json('DELETE', path, { body: JSON.stringify(options), type: 'application/json' });
  }

  /** The text of an answer that is not JSON, such as a log. */
  async text(path: string): Promise<string> {
    return text(await this.open('GET', path, { timeoutMs: ANSWER_TIMEOUT_MS }));
  }

  /** Sends a request and hands back the successful answer, unread. */
  async open(
    method: string,
    path: string,
    options: { body?: string; type?: string; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<IncomingMessage> {
    const answer = await this.#send(method, path, options);
    if ((answer.statusCode ?? 0) < 300) return answer;
    throw apiErrorOf(answer.statusCode ?? 0, await text(answer), `${method} ${path}`);
  }

  /** Ends idle connections. */
  close(): void {
    this.#agent.destroy();
  }

  async #json<Answer>(method: string, path: string, content: { body?: string; type?: string } = {}): Promise<Answer> {
    const answer = await this.open(method, path, { ...content, timeoutMs: ANSWER_TIMEOUT_MS });
    return JSON.parse(await text(answer)) as Answer;
  }

  #send(
    method: string,
    path: string,
    { body, type, timeoutMs, signal }: { body?: string; type?: string; timeoutMs?: number; signal?: AbortSignal },
  ): Promise<IncomingMessage> {
    const headers: Record<string, string> = { accept: 'application/json, */*' };
    if (type !== undefined) headers['content-type'] = type;
    if (body !== undefined) headers['content-length'] = String(Buffer.byteLength(body));
    if (this.#credentials.token !== undefined) headers['authorization'] = `Bearer ${this.#credentials.token}`;
    const options: RequestOptions = { method, headers, agent: this.#agent };
    if (signal !== undefined) options.signal = signal;
    if (timeoutMs !== undefined) options.timeout = timeoutMs;
    return new Promise((resolve, reject) => {
      const sent = request(new URL(path, this.#credentials.server), options, resolve);
      sent.on('error', reject);
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer within ${String(timeoutMs)} ms`)));
      sent.end(body);
    });
  }
}

/** Turns a failed answer into an error that keeps the server's own words. */
function apiErrorOf(status: number, body: string, asked: string): ApiError {
  try {
    const { reason, message } = JSON.parse(body) as { reason?: string; message?: string };
    return new ApiError(status, reason ?? '', message ?? `${asked}: HTTP ${status}`);
  } catch {
    return new ApiError(status, '', `${asked}: HTTP ${status}: ${body.slice(0, 500)}`);
  }
}
