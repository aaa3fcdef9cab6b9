// The word with which the pool stops a guest: compiled checks trap when it is set (epoch checks, see lib/wasm), naps end,
// and a thread that finds it set begins nothing new. Only the pool writes it: it sets it for the job that runs, and clears it
// when that job is known to be over and before the next one is handed out, so that no job meets the mark of another.
import { GuestInterrupted } from '../../outcome.js';

/** One page: the smallest memory there is. */
const pages = 1;

/** The flag of one thread; its memory is what the guests of that thread import. */
export class InterruptFlag {
  readonly memory: WebAssembly.Memory;
  readonly #word: Int32Array;

  constructor(memory: WebAssembly.Memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })) {
    this.memory = memory;
    this.#word = new Int32Array(memory.buffer, 0, 1);
  }

  /** Whether the job at hand must not go on. */
  get isRaised(): boolean {
    return Atomics.load(this.#word, 0) !== 0;
  }

  raise(): void {
    Atomics.store(this.#word, 0, 1);
    Atomics.notify(this.#word, 0);
  }

  clear(): void {
    Atomics.store(this.#word, 0, 0);
  }

  /**
   * Blocks the thread for so long.
   *
   * @throws {GuestInterrupted} as soon as the flag is raised
   */
  sleep(durationMs: number): void {
    Atomics.wait(this.#word, 0, 0, durationMs);
    if (this.isRaised) throw new GuestInterrupted();
  }
}
