// Where a policy is, from what the user typed or a manifest says: a file at hand, the store, or somewhere to download from.
import { resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { Fault } from 'wasmwarden';

import { whyNoFile } from './files.js';
import { openSources, openStore } from './policy-sources.js';
import type { Session } from './session.js';
import type { SourceFlags } from './source-options.js';

/** A policy's module that is at hand. */
export interface PolicyLocation {
  /** Absolute. */
  readonly path: string;
  /** The form messages use: a URI, which for a file is a `file:` URL, as the reference shows it. */
  readonly uri: string;
}

/**
 * Finds the module that an argument names: an existing path first, then a URI, then the beginning of the digest of a stored one.
 *
 * @throws {Fault} `MODULE_LOCATION_UNSUPPORTED`, `MODULE_NOT_FOUND`, whatever a download may throw
 */
export async function locatePolicy(text: string, flags: SourceFlags, session: Session): Promise<PolicyLocation> {
  const why = await whyNoFile(text);
  if (why === undefined || schemeOf(text) !== undefined) return locateModule(text, flags, session);
  if (!/^[0-9a-f]{1,64}$/.test(text)) throw new Fault('MODULE_NOT_FOUND', `Cannot find policy with uri: ${text} (${why}; a policy of a registry is named registry://...)`);
  return (await openStore(session)).findByDigest(text);
}

/**
 * Finds the module that a manifest names: an existing path first, then a URI, then a registry reference without its scheme.
 *
 * @throws {Fault} as `locatePolicy`
 */
export async function locateModule(text: string, flags: SourceFlags, session: Session): Promise<PolicyLocation> {
  const why = await whyNoFile(text);
  if (why === undefined) return locationOf(resolve(text));
  if (/^\.{0,2}\//.test(text)) throw new Fault('MODULE_NOT_FOUND', `Cannot find policy with uri: ${text} (${why})`);
  switch (schemeOf(text)) {
    case 'file':
      return locationOf(resolve(pathOf(text)));
    case undefined:
    case 'http':
    case 'https':
    case 'registry':
      return download(text, flags, session);
    default:
      throw new Fault('MODULE_LOCATION_UNSUPPORTED', `Unknown scheme: ${schemeOf(text) ?? ''}`);
  }
}

async function download(text: string, flags: SourceFlags, session: Session): Promise<PolicyLocation> {
  const { parseLocation } = await import('wasmwarden/source');
  const { uri } = parseLocation(text);
  await using sources = await openSources(flags, session);
  const { path } = await sources.fetch(text);
  return { path, uri };
}

/** The scheme of a URI, in lower case. */
export function schemeOf(text: string): string | undefined {
  return /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
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
