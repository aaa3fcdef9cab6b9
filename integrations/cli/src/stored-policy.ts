// Policies that are in the store already, by the names users have for them.
import { Fault } from 'wasmwarden';
import type { ListedModule, ModuleStore } from 'wasmwarden/source';

import { isFile } from './files.js';
import { schemeOf } from './policy-location.js';

/**
 * The path of a stored policy, by its URI or by the beginning of its digest. One module under several names is refused: to
 * run any of them is the same, to remove or save is not.
 *
 * @throws {Fault} `MODULE_NOT_FOUND`, `LOCATION_INVALID`
 */
export async function findStored(store: ModuleStore, policy: string): Promise<string> {
  if (schemeOf(policy) === undefined) return (await findByDigest(store, policy)).path;
  const { parseStorable } = await import('wasmwarden/source');
  const location = parseStorable(policy);
  const path = store.pathOf(location);
  if (!(await isFile(path))) throw new Fault('MODULE_NOT_FOUND', `Cannot find policy with uri: ${location.uri}`);
  return path;
}

async function findByDigest(store: ModuleStore, prefix: string): Promise<ListedModule> {
  const found = await store.findByDigest(prefix);
  const names = (await store.list()).filter(({ digest }) => digest === found.digest).map(({ uri }) => uri);
  if (names.length > 1) throw new Fault('MODULE_NOT_FOUND', `multiple policies found with the same prefix: ${prefix} (name one of them: ${names.join(', ')})`);
  return found;
}

/**
 * The same for a policy that is to be used: one with damage is not handed on.
 *
 * @throws {Fault} `MODULE_NOT_FOUND`, `LOCATION_INVALID`, `MODULE_INVALID`
 */
export async function findUsable(store: ModuleStore, policy: string): Promise<string> {
  const path = await findStored(store, policy);
  if (!(await store.isWhole(path))) throw new Fault('MODULE_INVALID', `Cannot use the stored policy ${path}: it is damaged; pull it again.`);
  return path;
}
