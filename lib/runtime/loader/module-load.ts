// What the loader thread is asked and what it answers.
import type { ModuleLimits } from '../../wasm/limits.js';
import type { FaultRecord } from '../bridge/wire.js';

/** Where a module's bytes are: a file's path, or the bytes themselves. */
export type ModuleSource = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** Asks for one module. */
export interface LoadRequest {
  readonly id: number;
  readonly source: ModuleSource;
  readonly limits: ModuleLimits;
}

/** A module that was read, checked, limited and compiled. */
export interface LoadedModule {
  readonly module: WebAssembly.Module;
  /** SHA-256 of the bytes as they were read, in lower-case hex. */
  readonly digest: string;
  /** What the module is, by its exports. */
  readonly abi: 'wapc' | 'wasi-command' | 'opa' | 'unknown';
  /** The payload of its metadata section. */
  readonly metadata: Uint8Array | undefined;
  readonly sizeBytes: number;
}

/** What came of a request. */
export type LoadReply =
  | { readonly id: number; readonly kind: 'loaded'; readonly loaded: LoadedModule }
  | { readonly id: number; readonly kind: 'refused'; readonly fault: FaultRecord };
