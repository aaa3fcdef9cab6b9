// Which host capabilities a policy may call: patterns to an allow list, and the question whether a path is on it.

import { Fault } from '../fault.js';
import type { CapabilityFaultCode } from './capability.js';

/** The host capabilities granted to one policy. */
export type AllowList =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'listed';
      /** Each ends in `/`; sorted. */
      readonly prefixes: readonly string[];
      /** Complete paths; sorted. */
      readonly paths: readonly string[];
    };

/** Every capability is granted. */
export const allowAll: AllowList = { kind: 'all' };

/** No capability is granted: what a policy without `hostCapabilities` gets. */
export const denyAll: AllowList = { kind: 'listed', prefixes: [], paths: [] };

/**
 * Reads the patterns of a policy's `hostCapabilities`, in order; a `*` ends the reading.
 *
 * - `*` grants everything, `oci/*` everything below `oci/`, `kubernetes/can_i` one capability; an empty list grants nothing.
 *
 * @param knownPaths the capabilities that exist; a pattern that can match none of them is an error
 * @throws {Fault} `CAPABILITY_PATTERN_INVALID` for the first bad pattern
 */
export function parseAllowList(patterns: readonly string[], knownPaths: readonly string[]): AllowList {
  const prefixes = new Set<string>();
  const paths = new Set<string>();
  for (const pattern of patterns.map((text) => text.trim())) {
    if (pattern === '*') return allowAll;
    checkPattern(pattern, knownPaths);
    if (pattern.endsWith('/*')) prefixes.add(pattern.slice(0, -1));
    else paths.add(pattern);
  }
  return { kind: 'listed', prefixes: [...prefixes].sort(), paths: [...paths].sort() };
}

/** Tells whether a capability is granted. */
export function isGranted(allowList: AllowList, path: string): boolean {
  return allowList.kind === 'all' || allowList.paths.includes(path) || allowList.prefixes.some((prefix) => path.startsWith(prefix));
}

/** The form for logs: `[*]`, `[]`, or `[oci/*, kubernetes/can_i]` with the prefixes first. */
export function formatAllowList(allowList: AllowList): string {
  if (allowList.kind === 'all') return '[*]';
  return `[${[...allowList.prefixes.map((prefix) => `${prefix}*`), ...allowList.paths].join(', ')}]`;
}

function checkPattern(pattern: string, knownPaths: readonly string[]): void {
  if (pattern === '') throw invalid(pattern, 'invalid pattern: pattern must not be empty');
  if (pattern.includes('*') && !pattern.endsWith('/*')) {
    throw invalid(pattern, `invalid pattern "${pattern}": wildcard '*' must be the entire last path segment (e.g. 'oci/*'), not a partial match`);
  }
  let below = '';
  for (const segment of pattern.split('/')) {
    // As the reference: the walk ends at the first wildcard, so `oci/*/*` is accepted and matches nothing.
    if (segment === '*') return;
    const options = segmentsBelow(below, knownPaths);
    if (!options.includes(segment)) {
      throw invalid(pattern, `invalid pattern "${pattern}": unknown segment "${segment}", valid options at this level are: ${options.join(', ')}`);
    }
    below += `${segment}/`;
  }
  if (!knownPaths.includes(pattern)) {
    throw invalid(pattern, `invalid pattern "${pattern}": not a complete capability path; use "${pattern}/*" to allow all capabilities under it`);
  }
}

/** The next segments of all paths that start with `prefix` (empty, or ending in `/`), sorted, each once. */
function segmentsBelow(prefix: string, paths: readonly string[]): string[] {
  const segments = paths.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length).split('/', 1)[0] ?? '');
  return [...new Set(segments)].sort();
}

function invalid(pattern: string, message: string): Fault<CapabilityFaultCode> {
  return new Fault<CapabilityFaultCode>('CAPABILITY_PATTERN_INVALID', message, { context: { pattern } });
}
