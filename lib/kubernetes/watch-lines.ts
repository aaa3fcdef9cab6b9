// The text of a watch: one JSON document a line, cut anywhere on its way. PURE.
import { Fault } from '../fault.js';
import type { HttpFaultCode } from '../http/http-fault.js';

const newline = 0x0a;

/**
 * Yields the lines of a stream as bytes, each in one piece, without the line's end; empty lines are passed over.
 *
 * What follows the last line's end is dropped: a line that breaks off is no line.
 *
 * @throws {Fault} `HTTP_ANSWER_TOO_LARGE` at a line beyond the limit
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>, maxBytes: number): AsyncGenerator<Uint8Array> {
  let begun: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, start)) {
      const lineLength = length + end - start;
      if (lineLength > maxBytes) throw tooLarge(maxBytes);
      const line = joined([...begun, chunk.subarray(start, end)], lineLength);
      begun = [];
      length = 0;
      start = end + 1;
      if (lineLength > 0) yield line;
    }
    begun.push(chunk.subarray(start));
    length += chunk.byteLength - start;
    if (length > maxBytes) throw tooLarge(maxBytes);
  }
}

function tooLarge(maxBytes: number): Fault<HttpFaultCode> {
  return new Fault('HTTP_ANSWER_TOO_LARGE', `an event is larger than ${maxBytes} bytes`);
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const piece of pieces) {
    bytes.set(piece, offset);
    offset += piece.byteLength;
  }
  return bytes;
}
