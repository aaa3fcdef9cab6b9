// Clients that speak one protocol each over one kept connection, and tell everything about an answer.
import { Agent as PlainAgent, request as plainRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type ClientHttp2Session } from 'node:http2';
import { Agent, request as secureRequest } from 'node:https';

import { readStream } from './streams.js';

/** A request to send; POST of JSON unless it says otherwise. */
export interface TestRequest {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** What came back. */
export interface TestAnswer {
  readonly status: number;
  readonly type: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
}

/** How to reach a server on loopback. */
export interface Target {
  readonly port: number;
  /** Absent for plain HTTP. */
  readonly ca?: string | undefined;
  readonly cert?: string;
  readonly key?: string;
}

/** One connection, made when it is first needed. */
export interface TestClient extends Disposable {
  readonly protocol: 'HTTP/1.1' | 'HTTP/2';
  send(request: TestRequest): Promise<TestAnswer>;
}

const jsonHeaders = { 'content-type': 'application/json' };

/** Headers as sent: JSON unless others are given. */
function headersOf({ headers, method = 'POST' }: TestRequest): Readonly<Record<string, string>> {
  return headers ?? (method === 'POST' ? jsonHeaders : {});
}

/** A client that speaks HTTP/1.1 over one kept connection. */
export function http1Client(target: Target): TestClient {
  const { port, ca, cert, key } = target;
  const agent = ca === undefined ? new PlainAgent({ keepAlive: true, maxSockets: 1 }) : new Agent({ keepAlive: true, maxSockets: 1, ca, ...(cert === undefined ? {} : { cert, key }) });
  const send = (request: TestRequest): Promise<TestAnswer> =>
    new Promise((resolve, reject) => {
      const { path, method = 'POST', body } = request;
      const options: RequestOptions = { host: 'localhost', port, path, method, headers: headersOf(request), agent, family: 4 };
      const receive = (incoming: IncomingMessage): void => void answerOf(incoming).then(resolve, reject);
      const outgoing = ca === undefined ? plainRequest(options, receive) : secureRequest(options, receive);
      // A kept connection may be closed for idleness just as it is used again: that is tried again, on a new one.
      outgoing.on('error', (error: Error & { readonly code?: string }) => (outgoing.reusedSocket && error.code === 'ECONNRESET' ? void send(request).then(resolve, reject) : reject(error))).end(body);
    });
  return {
    protocol: 'HTTP/1.1',
    send,
    [Symbol.dispose]: () => agent.destroy(),
  };
}

async function answerOf(incoming: IncomingMessage): Promise<TestAnswer> {
  const text = await readStream(incoming);
  return { status: incoming.statusCode ?? 0, type: incoming.headers['content-type'], headers: incoming.headers, text };
}

/** A client that speaks HTTP/2 over one session. */
export function http2Client(target: Target): TestClient {
  const { port, ca, cert, key } = target;
  let session: ClientHttp2Session | undefined;
  const opened = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) session = connect(`https://localhost:${port}`, { ca, ...(cert === undefined ? {} : { cert, key }) }).on('error', () => undefined);
    return session;
  };
  const once = (request: TestRequest): Promise<TestAnswer> =>
    new Promise((resolve, reject) => {
      const { path, method = 'POST', body } = request;
      const stream = opened().request({ ':path': path, ':method': method, ...headersOf(request) }, { endStream: body === undefined });
      stream.on('error', reject).on('response', (headers) => {
        readStream(stream).then((text) => resolve({ status: Number(headers[':status']), type: headers['content-type'], headers, text }), reject);
      });
      stream.on('close', () => reject(new Error(`the stream ended with ${stream.rstCode} and no answer`)));
      if (body !== undefined) stream.end(body);
    });
  return {
    protocol: 'HTTP/2',
    // A session that is being closed for idleness refuses what it has not begun; RFC 9113 section 8.7 says to try again.
    send: (request) => once(request).catch((thrown: unknown) => (thrown instanceof Error && /REFUSED_STREAM|has been destroyed|GOAWAY/.test(thrown.message) ? once(request) : Promise.reject(thrown as Error))),
    [Symbol.dispose]: () => session?.destroy(),
  };
}

/** The JSON of an answer. */
export function jsonOf({ text }: TestAnswer): unknown {
  return JSON.parse(text);
}
