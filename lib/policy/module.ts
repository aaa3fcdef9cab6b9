// A policy's module as a file: what it is, what it carries, and the same with other metadata. Running it is lib/runtime's.
import { Fault, isFault } from '../fault.js';
import { abiOf } from '../wasm/abi.js';
import { maxMetadataBytes } from '../wasm/ceilings.js';
import { customSection, withCustomSection } from '../wasm/custom-section.js';
import { moduleInterface, type ModuleInterface } from '../wasm/interface.js';
import { renameFunctionImport } from '../wasm/rename-import.js';
import { judgeModule } from '../wasm/rewrite.js';
import { readSections, sectionId } from '../wasm/sections.js';

import { decodeMetadata, encodeMetadata, metadataSection, type Metadata } from './metadata.js';

/** What can be told about a module without running it. */
export interface PolicyModule extends ModuleInterface {
  /** The protocol it speaks, by its exports. */
  readonly abi: 'wapc' | 'wasi-command' | 'opa' | 'unknown';
}

/**
 * Reads what a module asks for, offers and is.
 *
 * @throws {Fault} any `WasmFaultCode`
 */
export function readPolicyModule(bytes: Uint8Array): PolicyModule {
  const module = moduleInterface(bytes);
  return { ...module, abi: abiOf(module).kind };
}

/** How a module's instances can be used. */
export type ModuleReuse =
  /** One can serve many requests: after each it is put back to what it was. */
  | { readonly kind: 'resettable' }
  /** Each request needs a new one; clauses such as "it exports a table". Not all of these can be stopped at any moment. */
  | { readonly kind: 'fresh-only'; readonly reasons: readonly string[]; readonly isInterruptible: boolean }
  /** It cannot be run here at all. */
  | { readonly kind: 'refused'; readonly message: string };

/** Tells by all of a module's code how its instances can be used, the operator's limits left aside. */
export function moduleReuse(bytes: Uint8Array): ModuleReuse {
  try {
    const { resettability, isInterruptible } = judgeModule(bytes);
    return resettability.kind === 'resettable' ? resettability : { ...resettability, isInterruptible };
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return { kind: 'refused', message: thrown.message };
  }
}

/**
 * The metadata a module carries; absent for one that was never annotated.
 *
 * @throws {Fault} `METADATA_INVALID`, any `WasmFaultCode`
 */
export function readMetadata(bytes: Uint8Array): Metadata | undefined {
  const payload = customSection(bytes, metadataSection);
  return payload === undefined ? undefined : decodeMetadata(payload);
}

/**
 * The module with this metadata in place of what it carried.
 *
 * The import `call` of `kubewarden:javy/host` becomes that of `host`, the name by which every host of WASI policies knows
 * it; all else stays byte for byte.
 *
 * @throws {Fault} any `WasmFaultCode`; `METADATA_INVALID` for metadata so large that no reader takes it
 */
export function annotateModule(bytes: Uint8Array, metadata: Metadata): Uint8Array {
  const payload = encodeMetadata(metadata);
  if (payload.byteLength > maxMetadataBytes) throw new Fault('METADATA_INVALID', `Cannot annotate the module: its metadata would have ${payload.byteLength} bytes, the limit is ${maxMetadataBytes}.`);
  const renamed = renameFunctionImport(bytes, { module: 'kubewarden:javy/host', name: 'call' }, { module: 'host', name: 'call' });
  return withCustomSection(renamed, metadataSection, payload);
}

/**
 * The data segments of a module with their headers: where a compiler puts the texts of a program.
 *
 * @returns a view of the module's bytes, empty when it has none
 */
export function moduleData(bytes: Uint8Array): Uint8Array {
  return readSections(bytes).find((section) => section.id === sectionId.data)?.content ?? new Uint8Array(0);
}
