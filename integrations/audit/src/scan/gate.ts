// Lets so much through at once and makes the rest wait in line.

/** A gate; whoever was let through must leave with the same weight. */
export class Gate {
  #limit: number;
  #inside = 0;
  readonly #waiting: { readonly weight: number; readonly enter: () => void }[] = [];

  /** @param limit the most weight inside at once */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Waits to be let through. What weighs more than the limit goes alone. */
  enter(weight = 1): Promise<void> {
    if (this.#waiting.length === 0 && this.#fits(weight)) {
      this.#inside += weight;
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      this.#waiting.push({ weight, enter: resolve });
    });
  }

  leave(weight = 1): void {
    this.#inside -= weight;
    this.#letIn();
  }

  /** Lets more or less through from now on. */
  setLimit(limit: number): void {
    this.#limit = limit;
    this.#letIn();
  }

  #letIn(): void {
    for (let next = this.#waiting[0]; next !== undefined && this.#fits(next.weight); next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#inside += next.weight;
      next.enter();
    }
  }

  #fits(weight: number): boolean {
    return this.#inside === 0 || this.#inside + weight <= this.#limit;
  }
}
