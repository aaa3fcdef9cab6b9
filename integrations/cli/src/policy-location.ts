// Where a policy is, from what the user typed or a manifest says. Only files can be reached yet.
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Fault } from 'wasmwarden';

import { isFile } from './files.js';

/** A policy's module that is at hand. */
export interface PolicyLocation {
  /** Absolute. */
  readonly path: string;
  /** The form messages use: a `file:` URL, as the reference shows it. */
  readonly uri: string;
}

/**
 * Finds the module: an existing path first, then a URL.
 *
 * @throws {Fault} `MODULE_LOCATION_UNSUPPORTED` for a policy that would have to be downloaded, `MODULE_NOT_FOUND`
 */
export async function locatePolicy(text: string): Promise<PolicyLocation> {
  if (await isFile(text)) return locationOf(resolve(text));
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === 'file') return locationOf(resolve(pathOf(text)));
  if (scheme === 'http' || scheme === 'https' || scheme === 'registry') {
    throw new Fault('MODULE_LOCATION_UNSUPPORTED', `Cannot fetch the policy '${text}': downloading policies is not built yet; give the path of a file.`);
  }
  if (scheme !== undefined) throw new Fault('MODULE_LOCATION_UNSUPPORTED', `Unknown scheme: ${scheme}`);
  throw new Fault('MODULE_NOT_FOUND', `Cannot find policy with uri: ${text} (there is no such file, and downloading policies is not built yet)`);
}

function locationOf(path: string): PolicyLocation {
  return { path, uri: pathToFileURL(path).href };
}

/** What follows `file://` is the path where it is no proper URL (`file://./policy.wasm`), as in the reference. */
function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url.replace(/^file:\/\//i, '');
  }
}
