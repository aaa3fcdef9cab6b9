// Work that several callers want at once and that is done once. It goes on while anybody waits for it.
import { abortFault } from './http-fault.js';

interface Running<T> {
  readonly result: Promise<T>;
  readonly controller: AbortController;
  waiting: number;
}

/** Joins callers that want the same thing. */
export class SharedWork<T> {
  readonly #running = new Map<string, Running<T>>();

  /**
   * Waits for the work of a key, starting it when nobody has.
   *
   * @param signal ends this caller's wait; the work itself is given up when its last caller has left
   * @throws {Fault} `HTTP_ABORTED` or `HTTP_TIMEOUT` when the signal fires; otherwise what the work throws
   */
  async join(key: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (signal.aborted) throw abortFault(signal);
    const running = this.#running.get(key) ?? this.#start(key, work);
    running.waiting += 1;
    let leave: () => void = () => undefined;
    const left = new Promise<never>((_resolve, reject) => {
      leave = () => reject(abortFault(signal));
    });
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([running.result, left]);
    } finally {
      signal.removeEventListener('abort', leave);
      running.waiting -= 1;
      if (running.waiting === 0) this.#end(key, running);
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Running<T> {
    const controller = new AbortController();
    const running: Running<T> = { result: work(controller.signal), controller, waiting: 0 };
    this.#running.set(key, running);
    // The result of work that everybody left is nobody's.
    running.result.then(
      () => this.#forget(key, running),
      () => this.#forget(key, running),
    );
    return running;
  }

  #end(key: string, running: Running<T>): void {
    running.controller.abort();
    this.#forget(key, running);
  }

  #forget(key: string, running: Running<T>): void {
    if (this.#running.get(key) === running) this.#running.delete(key);
  }
}
