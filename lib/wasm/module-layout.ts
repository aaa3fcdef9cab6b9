// What a host must know about a rewritten module to make instances of it. It can be sent to other threads.

/** A memory that the host makes for each instance. */
export interface MemoryImport {
  readonly module: string;
  readonly name: string;
  readonly initialPages: number;
  readonly maximumPages: number;
}

/** What a host must know to make instances of a rewritten module. */
export interface ModuleLayout {
  /** The export that is the memory; absent where there is none. */
  readonly memory: string | undefined;
  /** Exported functions that save and put back all mutable globals; absent where the module is not resettable. */
  readonly globals: { readonly save: string; readonly restore: string } | undefined;
  /** The memory, where the host has to make it. */
  readonly memoryImport: MemoryImport | undefined;
  /** The shared memory of one page whose first word stops the guest when it is not zero. */
  readonly epochImport: { readonly module: string; readonly name: string } | undefined;
}
