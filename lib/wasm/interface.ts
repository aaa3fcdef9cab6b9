// What a module asks for and offers, with the signatures of functions: `WebAssembly.Module.imports` knows names and
// kinds only. abi.ts tells from this what kind of policy it is.
import { maxExports, maxFunctions } from './ceilings.js';
import type { Cursor } from './cursor.js';
import { readImports, type Import } from './imports.js';
import { readSections, sectionCursor, sectionId, type Section } from './sections.js';
import { readTypes, signatureAt, type Signature, type TypeTable } from './signature.js';

/** Something a module offers. */
export type Export =
  | { readonly kind: 'function'; readonly name: string; readonly signature: Signature }
  | { readonly kind: 'memory' | 'table' | 'global' | 'tag'; readonly name: string };

/** Both sides of a module, each in the order of the file. */
export interface ModuleInterface {
  readonly imports: readonly Import[];
  readonly exports: readonly Export[];
}

/**
 * Reads the imports and exports of a module.
 *
 * @throws {Fault} any `WasmFaultCode`
 */
export function moduleInterface(module: Uint8Array): ModuleInterface {
  const sections = readSections(module);
  const types = readTypes(sections);
  const imports = readImports(sections, types).map((site) => site.entry);
  return { imports, exports: readExports(sections, signaturesOf(sections, imports, types)) };
}

/** The signatures of the functions a module defines itself, in order. */
export function definedSignatures(sections: readonly Section[], types: TypeTable): readonly Signature[] {
  const cursor = sectionCursor(sections, sectionId.function);
  if (cursor === undefined) return [];
  const count = cursor.count(maxFunctions, 'functions');
  const signatures = Array.from({ length: count }, () => signatureAt(types, cursor.u32()));
  cursor.end();
  return signatures;
}

/** All signatures by function index: imported functions come first. */
function signaturesOf(sections: readonly Section[], imports: readonly Import[], types: TypeTable): readonly Signature[] {
  const imported = imports.flatMap((entry) => (entry.kind === 'function' ? [entry.signature] : []));
  return [...imported, ...definedSignatures(sections, types)];
}

/** The exports of a module whose sections have been read. */
export function moduleExports(sections: readonly Section[]): readonly Export[] {
  const types = readTypes(sections);
  const imports = readImports(sections, types).map((site) => site.entry);
  return readExports(sections, signaturesOf(sections, imports, types));
}

function readExports(sections: readonly Section[], functions: readonly Signature[]): readonly Export[] {
  const cursor = sectionCursor(sections, sectionId.export);
  if (cursor === undefined) return [];
  const count = cursor.count(maxExports, 'exports');
  const exports = Array.from({ length: count }, () => readExport(cursor, functions));
  cursor.end();
  return exports;
}

const otherKinds = ['table', 'memory', 'global', 'tag'] as const;

function readExport(cursor: Cursor, functions: readonly Signature[]): Export {
  const name = cursor.name();
  const code = cursor.byte();
  const index = cursor.u32();
  if (code === 0) {
    const signature = functions[index];
    if (signature === undefined) throw cursor.malformed(`an export of function ${index}, which does not exist`);
    return { name, kind: 'function', signature };
  }
  const kind = otherKinds[code - 1];
  if (kind === undefined) throw cursor.malformed(`an export of the unknown kind ${code}`);
  return { name, kind };
}
