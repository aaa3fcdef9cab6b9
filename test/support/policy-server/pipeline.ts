// Many requests over one plain HTTP/1.1 connection without waiting in between: the cheapest way to ask a server a lot.
import { connect } from 'node:net';

/** A request with its head as text, complete but for the length. */
export interface PipelinedRequest {
  readonly head: string;
  readonly body: Uint8Array;
}

/** A response, in the order of the requests. */
export interface PipelinedResponse {
  readonly status: number;
  readonly body: string;
}

const headEnd = Buffer.from('\r\n\r\n');

/** Sends requests in one go and resolves when all are answered; rejects when the connection ends before. */
export function pipelined(port: number, requests: readonly PipelinedRequest[]): Promise<readonly PipelinedResponse[]> {
  return new Promise((resolve, reject) => {
    const responses: PipelinedResponse[] = [];
    let pending: Buffer = Buffer.alloc(0);
    const socket = connect(port, '127.0.0.1');
    socket.on('error', reject).on('close', () => reject(new Error(`the connection ended after ${responses.length} of ${requests.length} responses`)));
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
      for (let taken = takeResponse(pending); taken !== undefined; taken = takeResponse(pending)) {
        responses.push(taken.response);
        pending = pending.subarray(taken.length);
      }
      if (responses.length < requests.length) return;
      resolve(responses);
      socket.destroy();
    });
    socket.write(Buffer.concat(requests.flatMap(({ head, body }) => [Buffer.from(`${head}content-length: ${body.byteLength}\r\n\r\n`, 'latin1'), body])));
  });
}

function takeResponse(bytes: Buffer): { readonly response: PipelinedResponse; readonly length: number } | undefined {
  const end = bytes.indexOf(headEnd);
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const status = Number(head.slice(9, 12));
  const size = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0);
  const length = end + headEnd.length + size;
  if (bytes.length < length) return undefined;
  return { response: { status, body: bytes.toString('utf8', end + headEnd.length, length) }, length };
}
