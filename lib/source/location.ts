// Where a module is: the text of a policy's `module` to one of four kinds. Nothing is looked up here.
import { fileURLToPath } from 'node:url';

import { isFault } from '../fault.js';
import { formatReference, parseReference, type Reference } from '../oci/reference.js';
import { sourceFault } from './source-fault.js';

/** A location after reading. `uri` is its canonical text, and fit for logs. */
export type Location =
  | { readonly kind: 'file'; readonly uri: string; readonly path: string }
  | { readonly kind: 'http' | 'https'; readonly uri: string; readonly url: URL }
  | {
      readonly kind: 'registry';
      readonly uri: string;
      readonly reference: Reference;
      /** The reference as it was written, tag included: the store is laid out by it. */
      readonly written: string;
    };

const schemePattern = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/(.*)$/s;

/**
 * Reads a location: `file://`, `http://`, `https://`, `registry://`, or a bare registry reference.
 *
 * A registry reference with neither tag nor digest means the tag `latest`. Credentials in a URL are refused, because
 * locations are shown everywhere; a URL's query is hidden in `uri` for the same reason.
 *
 * @throws {Fault} `LOCATION_INVALID`
 */
export function parseLocation(text: string): Location {
  const match = schemePattern.exec(text);
  const scheme = match?.[1]?.toLowerCase() ?? 'registry';
  const rest = match?.[2] ?? text;
  switch (scheme) {
    case 'file':
      return fileLocation(text);
    case 'http':
    case 'https':
      return httpLocation(scheme, text);
    case 'registry':
      return registryLocation(rest);
    default:
      throw invalid(`unknown scheme: ${scheme}`);
  }
}

/** Tells whether a location names its scheme. */
export function hasScheme(text: string): boolean {
  return schemePattern.test(text);
}

/** Tells whether what a location points to may change from one pull to the next without anybody's intent. */
export function isMoving(location: Location): boolean {
  return location.kind === 'registry' && location.reference.digest === undefined && location.reference.tag === 'latest';
}

function fileLocation(text: string): Location {
  try {
    return { kind: 'file', uri: text, path: fileURLToPath(text) };
  } catch {
    throw invalid(`cannot retrieve path from uri: ${text}`);
  }
}

function httpLocation(kind: 'http' | 'https', text: string): Location {
  if (!URL.canParse(text)) throw invalid(`cannot read the location '${text}': it is no URL`);
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') throw invalid(`cannot use the location ${url.protocol}//${url.host}${url.pathname}: a location must not hold credentials`);
  url.hash = '';
  const uri = `${url.protocol}//${url.host}${url.pathname}${url.search === '' ? '' : '?...'}`;
  // A host of dots passes as a host name, and would climb out of the store's folders.
  if (/^\.+$/.test(url.hostname)) throw invalid(`cannot use the location ${uri}: it names no host`);
  const segments = url.pathname.slice(1).split('/');
  if (segments.includes('')) throw invalid(`cannot use the location ${uri}: its path has an empty segment, or names no file`);
  return { kind, uri, url };
}

function registryLocation(rest: string): Location {
  const reference = referenceOf(rest);
  const named = rest.includes('@') || rest.lastIndexOf(':') > rest.lastIndexOf('/') ? rest : `${rest}:latest`;
  const written = named.includes('/') ? named : formatReference(reference);
  return { kind: 'registry', uri: `registry://${written}`, reference, written };
}

function referenceOf(rest: string): Reference {
  try {
    return parseReference(rest);
  } catch (error) {
    if (isFault(error)) throw invalid(`cannot read the location registry://${rest.slice(0, 300)}: ${error.message}`);
    throw error;
  }
}

function invalid(message: string): Error {
  return sourceFault('LOCATION_INVALID', message);
}
