// The shape of a WASI function as WebAssembly imports it.

/** Takes i32 as number and i64 as bigint, returns an error number (or, for `proc_exit`, never returns). */
export type WasiFunction = (...args: never[]) => number;

/** WASI functions by import name. */
export type WasiFunctions = Readonly<Record<string, WasiFunction>>;
