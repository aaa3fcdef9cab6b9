// Every request between its headers and its answer, over both protocols: how many there may be, what a client may still send
// once it is answered, and how its HTTP/1.1 connection ends when the server does.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

import type { ApiLimits } from './api-limits.js';

/** A request as either protocol hands it over; Node gives both the same face. */
export type ApiRequest = IncomingMessage | Http2ServerRequest;
/** Its response. */
export type ApiResponse = ServerResponse | Http2ServerResponse;
/** Answers requests. */
export type ApiListener = (request: ApiRequest, response: ApiResponse) => void;

const tooMany = JSON.stringify({ message: 'Too many requests at once; try again later.', status: 503 });

/** Stands between the sockets and the listener. */
export class RequestGuard {
  readonly #listener: ApiListener;
  readonly #limits: ApiLimits;
  readonly #inFlight = new Map<ApiResponse, ApiRequest>();
  #isDraining = false;

  constructor(listener: ApiListener, limits: ApiLimits) {
    this.#listener = listener;
    this.#limits = limits;
  }

  /** Takes a request in. */
  readonly accept: ApiListener = (request, response) => {
    response.on('close', () => this.#inFlight.delete(response));
    response.on('finish', () => this.#endSending(request));
    // A client that went away is the listener's business; without this its socket's error would end the process.
    response.on('error', () => undefined);
    if (this.#inFlight.size >= this.#limits.maxRequests) return refuse(response);
    this.#inFlight.set(response, request);
    if (this.#isDraining) closeAfter(response);
    this.#listener(request, response);
  };

  /** From now on an answer over HTTP/1.1 is the last one on its connection. */
  drain(): void {
    this.#isDraining = true;
    for (const response of this.#inFlight.keys()) closeAfter(response);
  }

  /** Tells whether an HTTP/1.1 connection carries a request. */
  isBusy(socket: Socket): boolean {
    for (const request of this.#inFlight.values()) if (!isHttp2(request) && request.socket === socket) return true;
    return false;
  }

  #endSending(request: ApiRequest): void {
    if (request.complete) return;
    const timer = setTimeout(() => cutOff(request), this.#limits.lingerMs).unref();
    request.once('end', () => clearTimeout(timer)).once('close', () => clearTimeout(timer));
    request.resume();
  }
}

function isHttp2(message: ApiRequest | ApiResponse): message is Http2ServerRequest | Http2ServerResponse {
  return 'stream' in message;
}

function refuse(response: ApiResponse): void {
  response.statusCode = 503;
  response.setHeader('content-type', 'application/json');
  response.end(tooMany);
}

/** HTTP/2 has no such header; its sessions are told by a frame. */
function closeAfter(response: ApiResponse): void {
  if (!isHttp2(response) && !response.headersSent) response.setHeader('connection', 'close');
}

function cutOff(request: ApiRequest): void {
  if (isHttp2(request)) request.stream.close();
  else request.destroy();
}
