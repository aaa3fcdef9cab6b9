// Bounds by hand on HTTP/2 what Node bounds on HTTP/1.1: a session without a request ends, and so does a request that takes
// too long. Frames that are no request (pings, settings, headers that never end) do not count as a sign of life.
import type { ServerHttp2Session, ServerHttp2Stream } from 'node:http2';

import type { ApiLimits } from './api-limits.js';

/** The error code CANCEL of RFC 9113. */
const cancelled = 8;

/** The open sessions of one server. */
export class SessionGuard {
  readonly #limits: ApiLimits;
  readonly #sessions = new Set<ServerHttp2Session>();

  constructor(limits: ApiLimits) {
    this.#limits = limits;
  }

  /** Watches over a new session. */
  readonly accept = (session: ServerHttp2Session): void => {
    this.#sessions.add(session);
    let openStreams = 0;
    let idleTimer = this.#endAfter(session, this.#limits.headersMs);
    session.on('stream', (stream) => {
      clearTimeout(idleTimer);
      openStreams += 1;
      this.#limit(stream, () => {
        openStreams -= 1;
        if (openStreams === 0 && !session.closed) idleTimer = this.#endAfter(session, this.#limits.idleMs);
      });
    });
    session.on('close', () => {
      clearTimeout(idleTimer);
      this.#sessions.delete(session);
    });
    session.on('error', () => session.destroy());
  };

  /** Tells every client to open no more streams; each session ends with its last one. */
  drain(): void {
    for (const session of this.#sessions) session.close();
  }

  #endAfter(session: ServerHttp2Session, idleMs: number): NodeJS.Timeout {
    return setTimeout(() => {
      session.close();
      // A client that does not hang up either would keep its connection.
      setTimeout(() => session.destroy(), this.#limits.lingerMs).unref();
    }, idleMs).unref();
  }

  #limit(stream: ServerHttp2Stream, ended: () => void): void {
    const timer = setTimeout(() => stream.close(cancelled), this.#limits.requestMs).unref();
    stream.on('close', () => {
      clearTimeout(timer);
      ended();
    });
    stream.on('error', () => stream.close());
  }
}
