// What is in a folder, for tests that nothing half-written remains.
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Paths of all files below a folder, relative to it, sorted; empty when it does not exist. */
export function filesBelow(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
      .sort();
  } catch {
    return [];
  }
}

/** The same without the store's own records of digests. */
export function modulesBelow(root: string): readonly string[] {
  return filesBelow(root).filter((path) => !path.startsWith('.digests'));
}
