// Which capabilities a runtime offers, by namespace and operation, and which names exist at all.

import { Fault } from '../fault.js';
import type { Capability, CapabilityFaultCode } from './capability.js';
import { cataloguedPaths, ungatedNamespace } from './catalogue.js';

/** What is known about a name that a guest called. */
export type RegisterEntry =
  | { readonly kind: 'found'; readonly capability: Capability }
  | { readonly kind: 'not-offered' }
  | { readonly kind: 'unknown-operation' }
  | { readonly kind: 'unknown-namespace' };

export interface Register {
  /** Every path that exists, offered or not; sorted. */
  readonly knownPaths: readonly string[];
  readonly find: (namespace: string, operation: string) => RegisterEntry;
}

/**
 * Joins the built-in capabilities and the embedder's; of two with one path the embedder's wins.
 *
 * @throws {Fault} `CAPABILITY_DUPLICATE` when a list holds one path twice
 * @throws {Fault} `CAPABILITY_PATH_INVALID` when a path is reserved or lies below another capability's path
 */
export function createRegister(builtIn: readonly Capability[], added: readonly Capability[]): Register {
  const offered = new Map([...byPath(builtIn), ...byPath(added)]);
  const knownPaths = [...new Set([...cataloguedPaths, ...offered.keys()])].sort();
  checkPaths(knownPaths);
  const known = new Set(knownPaths);
  const namespaces = new Set(knownPaths.map(namespaceOf));
  return {
    knownPaths,
    find(namespace, operation) {
      if (!namespaces.has(namespace)) return { kind: 'unknown-namespace' };
      const path = `${namespace}/${operation}`;
      if (!known.has(path)) return { kind: 'unknown-operation' };
      const capability = offered.get(path);
      return capability === undefined ? { kind: 'not-offered' } : { kind: 'found', capability };
    },
  };
}

function byPath(capabilities: readonly Capability[]): Map<string, Capability> {
  const map = new Map<string, Capability>();
  for (const capability of capabilities) {
    const { path } = capability;
    if (map.has(path)) {
      throw new Fault<CapabilityFaultCode>('CAPABILITY_DUPLICATE', `cannot register the capability '${path}': it is given twice`, { context: { path } });
    }
    map.set(path, capability);
  }
  return map;
}

/** A path must be a leaf, or a pattern could not tell it from what lies below it. */
function checkPaths(paths: readonly string[]): void {
  for (const path of paths) {
    if (namespaceOf(path) === ungatedNamespace) throw invalidPath(path, `the namespace '${ungatedNamespace}' belongs to the runtime`);
    const parent = paths.find((other) => path.startsWith(`${other}/`));
    if (parent !== undefined) throw invalidPath(path, `it lies below the capability '${parent}'`);
  }
}

function invalidPath(path: string, because: string): Fault<CapabilityFaultCode> {
  return new Fault<CapabilityFaultCode>('CAPABILITY_PATH_INVALID', `cannot register the capability '${path}': ${because}`, { context: { path } });
}

function namespaceOf(path: string): string {
  return path.slice(0, path.indexOf('/'));
}
