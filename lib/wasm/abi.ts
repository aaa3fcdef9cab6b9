// Which protocol a module speaks, told from its exports. What the metadata claims is compared with this elsewhere.
import type { ModuleInterface } from './interface.js';

/** The protocol of a module: a waPC guest, a program for WASI, Rego compiled by OPA, or none that can be run. */
export type Abi =
  | { readonly kind: 'wapc' }
  | { readonly kind: 'wasi-command' }
  | { readonly kind: 'opa' }
  | { readonly kind: 'unknown'; readonly because: string };

/** Tells the protocol by the functions a module exports; `opa_` wins, as in the reference. */
export function abiOf(module: ModuleInterface): Abi {
  const functions = module.exports.filter((entry) => entry.kind === 'function').map((entry) => entry.name);
  // Any export counts here: the reference does not look at its kind.
  if (module.exports.some((entry) => entry.name.startsWith('opa_'))) return { kind: 'opa' };
  if (functions.includes('__guest_call')) return { kind: 'wapc' };
  if (functions.includes('_start')) return { kind: 'wasi-command' };
  return { kind: 'unknown', because: `none of its ${module.exports.length} exports is a function __guest_call (waPC) or _start (WASI), or begins with opa_ (Rego)` };
}
