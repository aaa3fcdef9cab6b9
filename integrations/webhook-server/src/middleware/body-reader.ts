// Reads request bodies within three limits: bytes per body, bytes held over all requests (many large bodies must not exhaust
// the memory before any of them is judged), and the request's deadline.
import { Fault, type Deadline } from 'wasmwarden';

import type { ApiRequest } from '../sockets/request-guard.js';

/** What bodies may take, in bytes. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxBufferedBytes: number;
}

/** A request whose body is to be read. */
export interface BodySource {
  readonly request: ApiRequest;
  readonly deadline: Deadline;
  /** Tells a client that waits for permission to send its body (`Expect: 100-continue`) that it may. */
  readonly invite: () => void;
}

/** A body; `release` gives its share of the budget back and must be called once the request is answered. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

/** Reads bodies against one shared budget. */
export class BodyReader {
  readonly #limits: BodyLimits;
  readonly #now: () => number;
  #buffered = 0;

  /** @param now milliseconds of the clock that deadlines count by */
  constructor(limits: BodyLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Bytes of bodies held at the moment. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /**
   * Reads a request's body. What a client still sends after a fault is nobody's: the socket's guard lets it run out.
   *
   * @throws {Fault} `BODY_TOO_LARGE`, `BODY_BUDGET_EXHAUSTED`, `BODY_ABORTED`, `REQUEST_DEADLINE_EXCEEDED`
   */
  read({ request, deadline, invite }: BodySource): Promise<Body> {
    const { maxBodyBytes, maxBufferedBytes } = this.#limits;
    const chunks: Buffer[] = [];
    let size = 0;
    const release = (): void => {
      this.#buffered -= size;
      size = 0;
    };
    return new Promise((resolve, reject) => {
      // Events and not `for await`: leaving that loop early destroys the socket, and with it the answer that says why.
      const settle = (fault: Fault | undefined): void => {
        clearTimeout(timer);
        request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
        if (fault === undefined) return resolve({ bytes: joined(chunks, size), release });
        release();
        // Whatever happens to the rest of it must not end the process.
        request.on('error', () => undefined).resume();
        reject(fault);
      };
      const onData = (chunk: Buffer): void => {
        size += chunk.byteLength;
        this.#buffered += chunk.byteLength;
        chunks.push(chunk);
        if (size > maxBodyBytes) settle(tooLarge());
        else if (this.#buffered > maxBufferedBytes) settle(new Fault('BODY_BUDGET_EXHAUSTED', 'Too many request bodies are being held; try again later.', { retryable: true }));
      };
      const onEnd = (): void => settle(undefined);
      const onGone = (cause?: unknown): void => settle(new Fault('BODY_ABORTED', 'The client went away while it sent the request body.', { cause }));
      const onLate = (): void => settle(new Fault('REQUEST_DEADLINE_EXCEEDED', "The request's deadline passed before its body had arrived.", { retryable: true }));
      const timer = setTimeout(onLate, Math.max(0, deadline - this.#now()));
      request.on('error', onGone);
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return settle(tooLarge());
      request.on('data', onData).on('end', onEnd).on('close', onGone);
      invite();
    });
  }
}

function joined(chunks: readonly Buffer[], size: number): Uint8Array {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, size);
}

function tooLarge(): Fault {
  return new Fault('BODY_TOO_LARGE', 'Failed to buffer the request body: length limit exceeded');
}
