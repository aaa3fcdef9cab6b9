// Running a module's exports without ceremony.

/** A new instance of a module. */
export function instantiate(module: Uint8Array, imports: WebAssembly.Imports = {}): WebAssembly.Instance {
  return new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(module)), imports);
}

/** What an exported function answers. */
export function callExport(instance: WebAssembly.Instance, name: string, ...values: readonly unknown[]): unknown {
  const callee = instance.exports[name];
  if (typeof callee !== 'function') throw new Error(`the module exports no function ${name}`);
  const answer: unknown = Reflect.apply(callee, undefined, values);
  return answer;
}
