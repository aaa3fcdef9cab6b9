// What the loader thread is asked and what it answers.
import type { Resettability } from '../../wasm/resettable.js';
import type { ModuleLayout } from '../../wasm/module-layout.js';
import type { FaultRecord } from '../bridge/wire.js';
import type { SandboxLimits } from '../sandbox-rules.js';

/** What a module is held to while it is loaded. */
export type LoadLimits = Omit<SandboxLimits, 'hostCalls' | 'hostAnswerBytes' | 'guestAnswerBytes' | 'logLines' | 'startMs'>;

/** Where a module's bytes are: a file's path, or the bytes themselves. */
export type ModuleSource = { readonly kind: 'file'; readonly path: string } | { readonly kind: 'bytes'; readonly bytes: Uint8Array };

/** Asks for one module. */
export interface LoadRequest {
  readonly id: number;
  readonly source: ModuleSource;
  readonly limits: LoadLimits;
}

/** A module that was read, proven, rewritten and compiled. */
export interface LoadedModule {
  readonly module: WebAssembly.Module;
  /** Whether an instance can be put back, and if not, why. */
  readonly resettability: Resettability;
  /** Where the rewriter put what it added. */
  readonly layout: ModuleLayout;
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
