// Reads request bodies within two limits: bytes per body, and bytes held over all requests, so that many large bodies cannot
// exhaust the memory before any of them is judged.
import type { IncomingMessage } from 'node:http';

import { Fault } from 'wasmwarden';

/** What bodies may take, in bytes. */
export interface BodyLimits {
  readonly maxBodyBytes: number;
  readonly maxBufferedBytes: number;
}

/** A body; `release` gives its share of the budget back and must be called once the request is answered. */
export interface Body {
  readonly bytes: Uint8Array;
  release(): void;
}

/** Reads bodies against one shared budget. */
export class BodyReader {
  readonly #limits: BodyLimits;
  #buffered = 0;

  constructor(limits: BodyLimits) {
    this.#limits = limits;
  }

  /** Bytes of bodies held at the moment. */
  get bufferedBytes(): number {
    return this.#buffered;
  }

  /**
   * Reads a request's body.
   *
   * @throws {Fault} `BODY_TOO_LARGE`, `BODY_BUDGET_EXHAUSTED`, `BODY_ABORTED`
   */
  read(request: IncomingMessage): Promise<Body> {
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
        request.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone);
        if (fault === undefined) return resolve({ bytes: joined(chunks, size), release });
        release();
        request.resume();
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
      request.on('error', onGone);
      if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) settle(tooLarge());
      else request.on('data', onData).on('end', onEnd).on('close', onGone);
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
