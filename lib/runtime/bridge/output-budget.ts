// How much one evaluation may write. Kept on both sides of the thread boundary: the worker's keeps a flood out of the
// serving thread's memory, the pool's keeps it out of the operator's log.

/** Lines of one evaluation that are passed on. */
export const maxLines = 1000;
/** Characters of them together. */
export const maxChars = 1024 * 1024;

/** Counts what one evaluation has written. */
export class OutputBudget {
  #lines = 0;
  #chars = 0;

  /** Counts one line; says whether it is within the budget, the first beyond it, or one more beyond. */
  spend(chars: number): 'within' | 'first-beyond' | 'beyond' {
    if (this.#isSpent()) return 'beyond';
    this.#lines += 1;
    this.#chars += chars;
    return this.#isSpent() ? 'first-beyond' : 'within';
  }

  #isSpent(): boolean {
    return this.#lines > maxLines || this.#chars > maxChars;
  }
}
