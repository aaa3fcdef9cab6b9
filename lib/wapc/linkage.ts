// Can this module be linked as a waPC guest? Checked when it is loaded: JavaScript does not look at the types of imported
// functions, so a wrong one would surface in the middle of a request.
import { Fault } from '../fault.js';
import type { ModuleInterface } from '../wasm/interface.js';
import { formatSignature, type Signature } from '../wasm/signature.js';

import { guestExports, hostFunctions, hostModule } from './protocol.js';

/** The functions a host offers: import module to name to signature. */
export type ImportTable = Readonly<Record<string, Readonly<Record<string, Signature>>>>;

/** The protocol's own functions as an import table. */
export const wapcImports: ImportTable = {
  [hostModule]: Object.fromEntries(
    Object.entries(hostFunctions).map(([name, { parameters, results }]) => [
      name,
      { params: Array.from({ length: parameters }, () => 'i32' as const), results: Array.from({ length: results }, () => 'i32' as const) },
    ]),
  ),
};

/**
 * Refuses a module that imports what the host does not offer or lacks what a guest must export.
 *
 * @throws {Fault} `MODULE_UNLINKABLE`
 */
export function assertLinkable(module: ModuleInterface, offered: ImportTable): void {
  assertImports(module, offered);
  const problem = exportProblem(module);
  if (problem !== undefined) throw new Fault('MODULE_UNLINKABLE', problem);
}

/**
 * Refuses a module that imports what the host does not offer, or offers with another signature.
 *
 * @throws {Fault} `MODULE_UNLINKABLE`
 */
export function assertImports(module: ModuleInterface, offered: ImportTable): void {
  for (const wanted of module.imports) {
    const problem = importProblem(wanted, offered);
    if (problem !== undefined) throw new Fault('MODULE_UNLINKABLE', `Cannot link the module: ${problem}`);
  }
}

function importProblem(wanted: ModuleInterface['imports'][number], offered: ImportTable): string | undefined {
  const name = `'${wanted.module}.${wanted.name}'`;
  if (wanted.kind !== 'function') return `it imports the ${wanted.kind} ${name}; a policy may import functions only.`;
  const found = Object.hasOwn(offered, wanted.module) ? offered[wanted.module] : undefined;
  const signature = found !== undefined && Object.hasOwn(found, wanted.name) ? found[wanted.name] : undefined;
  if (signature === undefined) return `it imports ${name}, which the host does not offer.`;
  const offers = formatSignature(signature);
  const asks = formatSignature(wanted.signature);
  return offers === asks ? undefined : `it imports ${name} as ${asks}, but the host offers ${offers}.`;
}

function exportProblem(module: ModuleInterface): string | undefined {
  const guestCall = module.exports.find(({ name }) => name === guestExports.guestCall);
  if (guestCall?.kind !== 'function') return 'Guest call function (__guest_call) not exported by wasm module.';
  const found = formatSignature(guestCall.signature);
  if (found !== '(i32, i32) -> i32') return `Cannot link the module: its __guest_call is ${found}, the protocol wants (i32, i32) -> i32.`;
  if (!module.exports.some(({ name, kind }) => name === guestExports.memory && kind === 'memory')) {
    return "Cannot find 'mem' export: the module does not export its memory under the name 'memory'.";
  }
  return startProblem(module);
}

function startProblem(module: ModuleInterface): string | undefined {
  for (const name of guestExports.starts) {
    const start = module.exports.find((candidate) => candidate.name === name);
    if (start?.kind !== 'function') continue;
    const found = formatSignature(start.signature);
    if (found !== '() -> ()') return `Cannot link the module: its start function ${name} is ${found}, the protocol wants () -> ().`;
  }
  return undefined;
}
