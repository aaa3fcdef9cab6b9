// Where a fetched module goes: the store, or a file of the operator's choosing.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

import { replaceable, writeAtomically, type WrittenFile } from './atomic-file.js';
import type { ModuleStore, StoredModule } from './module-store.js';
import { partialName } from './partial-files.js';
import { type StorableLocation, storeComponents } from './store-layout.js';

/** A place for one module. */
export interface ModuleTarget {
  readonly path: string;
  /** What is there already, whole, and may be used instead of fetching. */
  readonly find: () => Promise<StoredModule | undefined>;
  readonly write: (chunks: AsyncIterable<Uint8Array>) => Promise<WrittenFile>;
}

/** The store's place for a location. */
export function storeTarget(store: ModuleStore, location: StorableLocation): ModuleTarget {
  return { path: store.pathOf(location), find: () => store.find(location), write: (chunks) => store.write(location, chunks) };
}

/** A file: `destination` itself, or below it, when it is a folder, the last part of the location. Always written anew. @throws {Fault} `STORE_WRITE_FAILED` */
export async function fileTarget(destination: string, location: StorableLocation): Promise<ModuleTarget> {
  const found = await stat(destination).catch(() => undefined);
  const path = await replaceable(found?.isDirectory() === true ? join(destination, storeComponents(location).at(-1) ?? '') : destination);
  const partial = join(dirname(path), `.${basename(path)}.${partialName()}`);
  return { path, find: () => Promise.resolve(undefined), write: (chunks) => writeAtomically({ partial, path }, chunks) };
}
