// Reading answers whose size the other side chooses.
import { Fault } from '../fault.js';
import type { HttpFaultCode } from './http-fault.js';
import type { TransportAnswer } from './transport.js';

/**
 * Reads a whole body into memory.
 *
 * @throws {Fault} `HTTP_ANSWER_TOO_LARGE` at the first byte beyond the limit
 */
export async function readBody(answer: TransportAnswer, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    length += chunk.byteLength;
    if (length > maxBytes) throw new Fault<HttpFaultCode>('HTTP_ANSWER_TOO_LARGE', `the answer is larger than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return joined(chunks, length);
}

/** The chunks of a stream whose declaration leaves them untyped. */
export async function* bytesIn(stream: AsyncIterable<unknown>): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('a stream of bytes yielded something else');
    yield chunk;
  }
}

/** The length an answer announces, if it announces one. */
export function announcedLength(answer: TransportAnswer): number | undefined {
  const header = answer.headers['content-length'];
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : undefined;
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
