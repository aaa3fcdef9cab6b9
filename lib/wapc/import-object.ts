// Import objects that hold nothing but what the host offers. Every instance of a guest is made with one of these.

/** A record whose look-ups find own properties only. */
function withoutPrototype<Value>(): Record<string, Value> {
  const record: Record<string, Value> = {};
  Object.setPrototypeOf(record, null);
  return record;
}

/**
 * The imports a module asks for, as far as they are offered.
 *
 * The engine looks both names of an import up like any property, prototypes included: given a plain object, a guest
 * that imports `constructor` from `constructor` receives `Function`, and with it the host. Here both levels have no prototype.
 * A module nobody offers is present and empty, so that instantiation fails with a `LinkError` that names the import.
 *
 * @param offered import values by name, by import module
 */
export function importObject(module: WebAssembly.Module, offered: WebAssembly.Imports): WebAssembly.Imports {
  const imports = withoutPrototype<Record<string, WebAssembly.ImportValue>>();
  for (const { module: from, name } of WebAssembly.Module.imports(module)) {
    const table = (imports[from] ??= withoutPrototype());
    const source = Object.hasOwn(offered, from) ? offered[from] : undefined;
    const value = source !== undefined && Object.hasOwn(source, name) ? source[name] : undefined;
    if (value !== undefined) table[name] = value;
  }
  return imports;
}
