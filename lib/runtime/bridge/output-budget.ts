// How much one evaluation may write. Kept on both sides of the thread boundary: the worker's keeps a flood out of the
// serving thread's memory, the pool's keeps it out of the operator's log.

/** Characters of all lines together. */
export const maxChars = 1024 * 1024;

/** Counts what one evaluation has written. */
export class OutputBudget {
  readonly #maxLines: number;
  #lines = 0;
  #chars = 0;

  /** @param maxLines lines that are passed on */
  constructor(maxLines: number) {
    this.#maxLines = maxLines;
  }

  /** Counts one line; says whether it is within the budget, the first beyond it, or one more beyond. */
  spend(chars: number): 'within' | 'first-beyond' | 'beyond' {
    if (this.#isSpent()) return 'beyond';
    this.#lines += 1;
    this.#chars += chars;
    return this.#isSpent() ? 'first-beyond' : 'within';
  }

  #isSpent(): boolean {
    return this.#lines > this.#maxLines || this.#chars > maxChars;
  }
}
