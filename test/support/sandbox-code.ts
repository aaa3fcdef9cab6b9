// Guests' code as the loader hands it to the threads.
import type { SandboxCode } from '../../lib/runtime/bridge/sandbox-code.js';
import { defaultExchangeLimits } from '../../lib/wapc/exchange.js';
import type { ModuleLayout } from '../../lib/wasm/module-layout.js';
import { rewriteModule } from '../../lib/wasm/rewrite.js';

/** Code as the loader would hand it over for a module that it can prove nothing of; each request gets a new instance. */
export function codeOf(module: WebAssembly.Module, changes: Partial<SandboxCode> = {}): SandboxCode {
  const layout = { memory: 'memory', globals: undefined, memoryImport: undefined, epochImport: undefined };
  return { module, layout, reuse: { kind: 'never', because: 'not-provable' }, limits: defaultExchangeLimits, logLines: 1000, ...changes };
}

/** Code that was proven and rewritten; an instance is put back unless the proof fails. */
export function rewrittenCode(bytes: Uint8Array, changes: Partial<SandboxCode> = {}): SandboxCode {
  const { bytes: rewritten, resettability, layout } = rewriteModule(bytes, { limits: { memoryPages: 2048, tableElements: 100_000 }, headroomPages: 0, epochChecks: false });
  const reuse = resettability.kind === 'resettable' ? ({ kind: 'reset', repeatsInit: false } as const) : ({ kind: 'never', because: 'not-provable' } as const);
  return codeOf(new WebAssembly.Module(rewritten), { layout, reuse, ...changes });
}

/** The same guest with a new instance for each request. */
export function freshCode(bytes: Uint8Array): SandboxCode {
  return rewrittenCode(bytes, { reuse: { kind: 'never', because: 'asked-for' } });
}

/** An instance of a rewritten module without imports of its own. */
export function instanceOf(module: WebAssembly.Module, { memoryImport, epochImport }: ModuleLayout): WebAssembly.Instance {
  const imports: WebAssembly.Imports = {};
  const offer = ({ module: from, name }: { readonly module: string; readonly name: string }, memory: WebAssembly.Memory): void => {
    imports[from] = { ...imports[from], [name]: memory };
  };
  if (memoryImport !== undefined) offer(memoryImport, new WebAssembly.Memory({ initial: memoryImport.initialPages, maximum: memoryImport.maximumPages }));
  if (epochImport !== undefined) offer(epochImport, new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true }));
  return new WebAssembly.Instance(module, imports);
}
