// Names for what is added to a module: none that the module uses itself, whoever wrote it and whatever for.
import { readImports } from './imports.js';
import { moduleExports } from './interface.js';
import type { Section } from './sections.js';

const ours = 'wasmwarden';

/** Names that a module does not use. */
export interface FreeNames {
  /** A module to import from. */
  readonly module: string;
  /** An export by what it is; the same for the same word. */
  readonly exported: (word: string) => string;
}

/** The names that are free in a module. */
export function freeNames(sections: readonly Section[]): FreeNames {
  const modules = new Set(readImports(sections).map(({ entry }) => entry.module));
  const exports = new Set(moduleExports(sections).map(({ name }) => name));
  return { module: firstFree(ours, modules), exported: (word) => firstFree(`${ours}.${word}`, exports) };
}

/** The name itself or with the first number that makes it free. */
function firstFree(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let number = 2;
  while (taken.has(`${name}.${number}`)) number += 1;
  return `${name}.${number}`;
}
