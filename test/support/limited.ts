// Modules with limits written into them and nothing else changed.
import { limitSections, type ModuleLimits } from '../../lib/wasm/limits.js';
import { readSections, writeModule } from '../../lib/wasm/sections.js';

const unlimited: ModuleLimits = { memoryPages: 65536, tableElements: 10_000_000 };

export function limitModule(module: Uint8Array, limits: ModuleLimits): Uint8Array<ArrayBuffer> {
  return writeModule(limitSections(readSections(module), limits));
}

export function limitMemory(module: Uint8Array, memoryPages: number): Uint8Array<ArrayBuffer> {
  return limitModule(module, { ...unlimited, memoryPages });
}

export function limitTables(module: Uint8Array, tableElements: number): Uint8Array<ArrayBuffer> {
  return limitModule(module, { ...unlimited, tableElements });
}
