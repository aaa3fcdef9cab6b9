// A module from a web server.
import { Fault, isFault } from '../fault.js';
import { announcedLength } from '../http/body.js';
import { type HttpAnswer } from '../http/client.js';
import { parseRetryAfter, retrying } from '../http/retry.js';
import type { SourceClients } from './source-clients.js';
import type { SourceEventSink } from './source-event.js';
import { sourceFault } from './source-fault.js';

export interface HttpDownload {
  readonly url: URL;
  /** The URL for messages. */
  readonly uri: string;
  readonly signal: AbortSignal;
  readonly onEvent: SourceEventSink;
}

/**
 * Streams what a URL answers to a consumer, which is called anew for each attempt and must then start anew.
 *
 * @throws {Fault} `MODULE_DOWNLOAD_FAILED`, any `HttpFaultCode`, what the consumer throws; each with the URL in its message
 */
export async function downloadOverHttp<T>(clients: SourceClients, download: HttpDownload, consume: (chunks: AsyncIterable<Uint8Array>, totalBytes: number | undefined) => Promise<T>): Promise<T> {
  const { url, uri, onEvent } = download;
  const signal = AbortSignal.any([download.signal, AbortSignal.timeout(clients.transferTimeoutMs)]);
  const attempt = async (): Promise<T> => {
    const answer = await clients.http.send({ method: 'GET', url, headers: { accept: '*/*', 'accept-encoding': 'identity' }, signal });
    if (answer.status !== 200) throw await statusFault(answer, clients.clock.nowMs());
    return consume(answer.body, announcedLength(answer));
  };
  try {
    return await retrying(`download ${uri}`, attempt, signal, { policy: clients.retry, clock: clients.clock, onEvent });
  } catch (error) {
    if (!isFault(error)) throw error;
    throw new Fault(error.code, `cannot download ${uri}: ${error.message}`, { retryable: error.retryable, context: error.context });
  }
}

async function statusFault(answer: HttpAnswer, nowMs: number): Promise<Error> {
  await answer.discard();
  const { status } = answer;
  const retryable = status === 429 || status >= 500;
  const retryAfterMs = retryable ? parseRetryAfter(answer.headers['retry-after'], nowMs) : undefined;
  return sourceFault('MODULE_DOWNLOAD_FAILED', `the server answered ${status}`, { retryable, retryAfterMs });
}
