// One exchange with the API server: credentials that are renewed once when refused, limits in time and size, and answers
// as JSON or faults. What is asked for is objects.ts, pages.ts and watch.ts.
import { isFault } from '../fault.js';
import { readBody } from '../http/body.js';
import type { TransportAnswer } from '../http/transport.js';
import type { JsonValue } from '../json/json-value.js';
import { answerFault, failedOperation, invalidAnswer } from './api-fault.js';
import type { Connection, ConnectionSource } from './connection.js';
import { linkSignal } from './linked-signal.js';
import type { ClusterRequest, ClusterTransport } from './transport.js';

/** What a request asks for. */
export interface RestRequest {
  /** In messages, behind "cannot": such as `get secrets "a" in namespace "b"`. */
  readonly attempted: string;
  readonly method: ClusterRequest['method'];
  /** Path and query. */
  readonly path: string;
  /** Written as JSON; members that are `undefined` are left out. */
  readonly body?: object | undefined;
  /** `application/json` when absent. */
  readonly contentType?: string | undefined;
  /** `application/json` when absent. */
  readonly accept?: string | undefined;
}

/** How a single call differs from the client's settings. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
  /** Longest duration of the whole call, in milliseconds. */
  readonly timeoutMs?: number | undefined;
}

export interface RestSettings {
  /** Longest duration of a call that is no stream, in milliseconds. */
  readonly timeoutMs: number;
  /** Longest silence within a stream, in milliseconds. */
  readonly silenceMs: number;
  /** Largest answer, and largest single event of a stream, in bytes. */
  readonly maxAnswerBytes: number;
  readonly userAgent: string;
}

/** An answer that is no success is read up to this, in bytes. */
const maxRefusalBytes = 1024 * 1024;

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true });

/** Speaks with one API server. */
export class Rest {
  readonly settings: RestSettings;
  readonly #source: ConnectionSource;
  readonly #transport: ClusterTransport;

  constructor(source: ConnectionSource, transport: ClusterTransport, settings: RestSettings) {
    this.#source = source;
    this.#transport = transport;
    this.settings = settings;
  }

  /** The answer as JSON, whatever its shape. */
  async json(request: RestRequest, call: CallOptions = {}): Promise<JsonValue> {
    return parsedJson(request.attempted, await this.bytes(request, call));
  }

  /** The answer's bytes as they came. */
  async bytes(request: RestRequest, call: CallOptions = {}): Promise<Uint8Array> {
    const { timeoutMs, maxAnswerBytes } = this.settings;
    const limit = linkSignal(call.signal, call.timeoutMs ?? timeoutMs);
    try {
      const answer = await this.#accepted(request, { signal: limit.signal, streaming: false, idleTimeoutMs: call.timeoutMs ?? timeoutMs });
      return await readBody(answer, maxAnswerBytes);
    } catch (error) {
      throw failedOperation(request.attempted, error);
    } finally {
      limit.release();
    }
  }

  /** The answer's bytes as they come; the stream has no limit in time but the server's own, and one of silence. */
  async *stream(request: RestRequest, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const limit = linkSignal(signal);
    try {
      const answer = await this.#accepted(request, { signal: limit.signal, streaming: true, idleTimeoutMs: this.settings.silenceMs });
      yield* answer.body;
    } catch (error) {
      throw failedOperation(request.attempted, error);
    } finally {
      // Where the reader left before the end this closes the connection.
      limit.abort();
      limit.release();
    }
  }

  /** Sends a request and returns its answer if it is a success. */
  async #accepted(request: RestRequest, how: Pick<ClusterRequest, 'signal' | 'streaming' | 'idleTimeoutMs'>): Promise<TransportAnswer> {
    const send = (connection: Connection): Promise<TransportAnswer> => this.#transport.send({ ...this.#outgoing(request), ...how, connection });
    const connection = await this.#source.current();
    const answer = await send(connection);
    if (answer.status !== 401) return accepted(request.attempted, answer);
    // A token may have been replaced, and a request that nobody was known to ask was not carried out.
    const renewed = await this.#renewed(connection, answer);
    return accepted(request.attempted, renewed === undefined ? answer : await send(renewed));
  }

  /** Another connection than the one refused, if there is one; then the refusing answer is discarded. */
  async #renewed(refused: Connection, answer: TransportAnswer): Promise<Connection | undefined> {
    try {
      const renewed = await this.#source.renew(refused);
      if (renewed === refused) return undefined;
      await answer.discard();
      return renewed;
    } catch (error) {
      await answer.discard();
      throw error;
    }
  }

  #outgoing({ method, path, body, contentType, accept }: RestRequest): Pick<ClusterRequest, 'method' | 'path' | 'headers' | 'body'> {
    const headers: Record<string, string> = { accept: accept ?? 'application/json', 'user-agent': this.settings.userAgent };
    if (body === undefined) return { method, path, headers };
    headers['content-type'] = contentType ?? 'application/json';
    return { method, path, headers, body: encoder.encode(JSON.stringify(body)) };
  }
}

async function accepted(attempted: string, answer: TransportAnswer): Promise<TransportAnswer> {
  if (answer.status >= 200 && answer.status < 300) return answer;
  const body = await refusalOf(answer);
  throw answerFault(attempted, { httpStatus: answer.status, retryAfter: answer.headers['retry-after'], body }, Date.now());
}

/** The document of a refusing answer; nothing where it is no JSON, too large or breaks off, for the status says enough. */
async function refusalOf(answer: TransportAnswer): Promise<JsonValue | undefined> {
  try {
    return parsedJson('', await readBody(answer, maxRefusalBytes));
  } catch (error) {
    if (isFault(error)) return undefined;
    throw error;
  }
}

/**
 * The JSON in an answer's bytes.
 *
 * @throws {Fault} KUBERNETES_ANSWER_INVALID
 */
export function parsedJson(attempted: string, bytes: Uint8Array): JsonValue {
  try {
    return JSON.parse(decoder.decode(bytes)) as JsonValue;
  } catch {
    throw invalidAnswer(attempted, 'is not JSON');
  }
}
