// Answers that are worth keeping for a while: successes only, one fetch for all who ask at the same time, bounded in
// number and size, because policies choose the keys.
import { SharedWork } from '../../http/shared-work.js';

export interface AnswerCacheOptions {
  /** How long an answer is good, in milliseconds. */
  readonly ttlMs: number;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs: () => number;
  readonly maxEntries: number;
  /** Of all answers together. */
  readonly maxBytes: number;
}

interface Entry {
  readonly answer: Uint8Array;
  readonly expiresMs: number;
}

export class AnswerCache {
  readonly #options: AnswerCacheOptions;
  readonly #fetching = new SharedWork<Uint8Array>();
  /** Oldest first: every entry lives equally long. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  constructor(options: AnswerCacheOptions) {
    this.#options = options;
  }

  /** The answer for a key, from the cache or from `fetch`, which is called once however many ask. */
  async get(key: string, signal: AbortSignal, fetch: (signal: AbortSignal) => Promise<Uint8Array>): Promise<Uint8Array> {
    const found = this.#entries.get(key);
    if (found !== undefined && this.#options.nowMs() < found.expiresMs) return found.answer;
    return this.#fetching.join(key, signal, async (joined) => {
      const answer = await fetch(joined);
      this.#keep(key, answer);
      return answer;
    });
  }

  #keep(key: string, answer: Uint8Array): void {
    const { ttlMs, nowMs, maxEntries, maxBytes } = this.#options;
    this.#drop(key);
    if (answer.byteLength > maxBytes) return;
    this.#entries.set(key, { answer, expiresMs: nowMs() + ttlMs });
    this.#bytes += answer.byteLength;
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= maxEntries && this.#bytes <= maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#bytes -= this.#entries.get(key)?.answer.byteLength ?? 0;
    this.#entries.delete(key);
  }
}
