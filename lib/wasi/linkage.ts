// Can this module be run as a command? Checked when it is loaded, as lib/wapc/linkage.ts does for waPC guests.

import { Fault } from '../fault.js';
import { assertImports, type ImportTable } from '../wapc/linkage.js';
import type { ModuleInterface } from '../wasm/interface.js';
import { formatSignature } from '../wasm/signature.js';

/** The name under which a command exports what runs it. */
export const commandEntry = '_start';

/**
 * Refuses a module that imports what the host does not offer, or has no `_start` that can be called.
 *
 * @param offered signatures of all imports: `wasiSignatures`, and those of further imports such as `host.call`
 * @throws {Fault} `MODULE_UNLINKABLE`
 */
export function assertCommand(module: ModuleInterface, offered: ImportTable): void {
  assertImports(module, offered);
  const entry = module.exports.find(({ name }) => name === commandEntry);
  // The beginning is the contract's (section 2.3).
  const missing = 'cannot find `_start` function inside of module: ';
  if (entry?.kind !== 'function') throw new Fault('MODULE_UNLINKABLE', `${missing}it exports no such function.`);
  const found = formatSignature(entry.signature);
  if (found !== '() -> ()') throw new Fault('MODULE_UNLINKABLE', `${missing}it is ${found}, a command's is () -> ().`);
}
