// Makes a failure of a host function final. Such a failure stands for a trap, which no guest can catch; but a guest with
// exception handling can catch what JavaScript throws (`catch_all`) and would go on as if nothing had happened.

/** Holds the first failure of a guest's host functions until it is reset. */
export class Latch {
  #failure: { readonly thrown: unknown } | undefined;

  /** The same imports with every function behind the latch: once one has thrown, each of them throws the same again. */
  guard(imports: WebAssembly.Imports): WebAssembly.Imports {
    return mapped(imports, (functions) => mapped(functions, (value) => (typeof value === 'function' ? this.#guarded(value) : value)));
  }

  /** Throws what a host function threw, if one did and the guest went on. */
  check(): void {
    if (this.#failure !== undefined) throw this.#failure.thrown;
  }

  reset(): void {
    this.#failure = undefined;
  }

  #guarded(hostFunction: WebAssembly.ExportValue & CallableFunction): (...values: unknown[]) => unknown {
    return (...values) => {
      this.check();
      try {
        const result: unknown = Reflect.apply(hostFunction, undefined, values);
        return result;
      } catch (thrown) {
        this.#failure = { thrown };
        throw thrown;
      }
    };
  }
}

function mapped<From, To>(values: Readonly<Record<string, From>>, map: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}
