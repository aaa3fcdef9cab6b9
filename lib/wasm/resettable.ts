// Proves that an instance can be put back to an earlier state by its memory and its mutable globals alone. Where the proof
// fails each evaluation needs an instance of its own.
import { readImports } from './imports.js';
import { moduleExports } from './interface.js';
import type { UnderstoodModule } from './understood-module.js';

/** Whether instances can be reset, and if not, why: clauses such as "it writes to a table (table.set in function 12)". */
export type Resettability = { readonly kind: 'resettable' } | { readonly kind: 'fresh-only'; readonly reasons: readonly string[] };

/** Types of globals whose values can be copied within Wasm. */
const copyableTypes: ReadonlySet<string> = new Set(['i32', 'i64', 'f32', 'f64', 'v128']);

/**
 * Judges a module by all of its code.
 *
 * An instance consists of its memory, its globals, its tables and its segments that were not dropped; nothing else of it
 * changes. Tables that somebody outside could write to count as written to.
 */
export function proveResettable({ sections, code, globals }: UnderstoodModule): Resettability {
  const reasons = [...code.irreversible];
  if (readImports(sections).some(({ entry }) => entry.kind === 'table')) reasons.push('it imports a table');
  if (moduleExports(sections).some(({ kind }) => kind === 'table')) reasons.push('it exports a table');
  if (globals.some(({ imported, mutable }) => imported && mutable)) reasons.push('it imports a mutable global');
  if (globals.some(({ mutable, type }) => mutable && !copyableTypes.has(type))) reasons.push('it has a mutable global that holds a reference');
  return reasons.length === 0 ? { kind: 'resettable' } : { kind: 'fresh-only', reasons };
}

/** The verdict on a module that holds something nobody understands. */
export function notUnderstood(what: string): Resettability {
  return { kind: 'fresh-only', reasons: [`it uses ${what}, which is not supported: it cannot be proven resettable, and its code is not made interruptible`] };
}
