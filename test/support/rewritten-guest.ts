// Instances of modules and of their rewritten selves, side by side: what they answer, and what can be seen of their state.
import type { ModuleLayout } from '../../lib/wasm/module-layout.js';

/** Whether this engine takes modules with two memories, which deadline checks need. */
export const hasTwoMemories = WebAssembly.validate(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 5, 5, 2, 0, 0, 0, 0));

/** Memories that a layout asks a host for, as an import object; the shared one is at `epoch`. */
export function hostMemories({ memoryImport, epochImport }: ModuleLayout): { readonly imports: WebAssembly.Imports; readonly epoch: Int32Array } {
  const imports: Record<string, Record<string, WebAssembly.ImportValue>> = {};
  const put = (module: string, name: string, value: WebAssembly.Memory): void => {
    imports[module] = { ...imports[module], [name]: value };
  };
  if (memoryImport !== undefined) put(memoryImport.module, memoryImport.name, new WebAssembly.Memory({ initial: memoryImport.initialPages, maximum: memoryImport.maximumPages }));
  const shared = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  if (epochImport !== undefined) put(epochImport.module, epochImport.name, shared);
  return { imports, epoch: new Int32Array(shared.buffer) };
}

/** Both import objects as one, module by module. */
export function mergedImports(one: WebAssembly.Imports, other: WebAssembly.Imports): WebAssembly.Imports {
  const modules = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...modules].map((module) => [module, { ...one[module], ...other[module] }]));
}

/** What a call came to, as text. */
export function outcomeOf(call: () => unknown): string {
  try {
    return `gives ${String(call())}`;
  } catch (thrown) {
    if (thrown instanceof WebAssembly.RuntimeError || thrown instanceof RangeError) return `traps: ${thrown.message}`;
    throw thrown;
  }
}

/** An exported function of an instance. */
export function exportedFunction({ exports }: WebAssembly.Instance, name: string): (...values: unknown[]) => unknown {
  const found = exports[name];
  if (typeof found !== 'function') throw new Error(`there is no exported function ${name}`);
  return (...values) => {
    const result: unknown = Reflect.apply(found, undefined, values);
    return result;
  };
}
