// What a guest's WASI functions may reach: everything comes from outside, so that a guest sees only what it is given.

/** Two clocks in nanoseconds. */
export interface WasiClock {
  /** Nanoseconds since 1970-01-01T00:00:00Z. */
  realtimeNs(): bigint;
  /** Nanoseconds since an arbitrary start, never going back. */
  monotonicNs(): bigint;
}

/** Where a guest's stdin comes from; never blocks. */
export interface WasiInput {
  /** Bytes that can be read now; 0 means end of file for now, more may arrive later. */
  readonly availableBytes: number;
  /** Moves bytes into the front of `target` and tells how many. */
  read(target: Uint8Array): number;
}

/** Receives what a guest writes, in pieces of at most 64 KiB that the receiver owns; the receiver sets its own limits. */
export type WasiOutput = (bytes: Uint8Array) => void;

/** Everything a guest can reach through WASI. */
export interface WasiPorts {
  /** `argv`, the program's name first. */
  readonly args: readonly string[];
  readonly clock: WasiClock;
  /** Overwrites the bytes, at most 64 KiB, with random ones. */
  readonly randomFill: (bytes: Uint8Array<ArrayBuffer>) => void;
  /** Blocks the thread for the given milliseconds (a fraction counts); deadlines are the caller's business. */
  readonly sleep: (durationMs: number) => void;
  readonly stdin: WasiInput;
  readonly stdout: WasiOutput;
  readonly stderr: WasiOutput;
}
