// Where the store keeps what: locations to paths below its root and back, as the reference lays it out
// (`registry/ghcr.io/kubewarden/policies/x:v1`). Pure.
import { createHash } from 'node:crypto';

import { isFault } from '../fault.js';
import { type Location, parseLocation } from './location.js';

/** The folders of the root that hold modules; whatever else is there is none of the store's entries. */
export const storeSchemes = ['http', 'https', 'registry'] as const;

/** How path components are written: as they are, or encoded where the system reserves characters such as `:`. */
export type ComponentStyle = 'plain' | 'encoded';

/** A location that is stored. */
export type StorableLocation = Exclude<Location, { readonly kind: 'file' }>;

/**
 * The components of the path of a location, scheme first.
 *
 * A URL's query is part of what it names and may be secret: the file name carries a hash of it.
 */
export function storeComponents(location: StorableLocation): readonly string[] {
  if (location.kind === 'registry') return ['registry', ...location.written.split('/')];
  const { protocol, host, pathname, search } = location.url;
  const suffix = search === '' ? '' : `?${createHash('sha256').update(search).digest('hex').slice(0, 16)}`;
  return [protocol.slice(0, -1), host, ...`${pathname.slice(1)}${suffix}`.split('/')];
}

/** Components as they are written to disk; the scheme always as it is. */
export function encodeComponents(components: readonly string[], style: ComponentStyle): readonly string[] {
  if (style === 'plain') return components;
  return components.map((component, index) => (index === 0 ? component : Buffer.from(component, 'utf8').toString('base64url')));
}

/** The reverse; nothing where a component is no encoded one. */
export function decodeComponents(written: readonly string[], style: ComponentStyle): readonly string[] | undefined {
  if (style === 'plain') return written;
  const decoded = written.map((component, index) => (index === 0 ? component : Buffer.from(component, 'base64url').toString('utf8')));
  return encodeComponents(decoded, style).every((component, index) => component === written[index]) ? decoded : undefined;
}

/** The URI of a stored module; nothing where no location is stored at these components. */
export function uriOfComponents(components: readonly string[]): string | undefined {
  const [scheme = '', ...rest] = components;
  if (components.some((component) => ['', '.', '..'].includes(component))) return undefined;
  if (!storeSchemes.some((known) => known === scheme) || rest.length < 2) return undefined;
  const hashed = scheme === 'registry' ? null : /^(.+)\?[0-9a-f]{16}$/.exec(rest.at(-1) ?? '');
  const named = hashed?.[1] === undefined ? rest : [...rest.slice(0, -1), hashed[1]];
  const uri = `${scheme}://${named.join('/')}`;
  if (!isStoredAt(uri, [scheme, ...named])) return undefined;
  return hashed === null ? uri : `${uri}?...`;
}

/** Tells whether a URI is stored at just these components: no `..`, no other spelling, no missing tag. */
function isStoredAt(uri: string, components: readonly string[]): boolean {
  try {
    const location = parseLocation(uri);
    return location.kind !== 'file' && storeComponents(location).join('/') === components.join('/');
  } catch (error) {
    if (isFault(error)) return false;
    throw error;
  }
}
