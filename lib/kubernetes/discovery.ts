// Which resources an API server serves: reading its discovery documents, and finding a resource among them. PURE; asking
// for the documents is resource-catalogue.ts.
import type { JsonValue } from '../json/json-value.js';
import { isJsonObject } from './api-object.js';
import type { ApiResource } from './resource.js';

/** A resource as discovery describes it. */
export interface DiscoveredResource extends ApiResource {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  /** Names such as `status` and `scale`. */
  readonly subresources: readonly string[];
}

/** Group and version of an API. */
export interface ApiVersion {
  readonly group: string;
  readonly version: string;
}

/** What an aggregated document says. */
export interface Discovered {
  readonly resources: readonly DiscoveredResource[];
  /** APIs that another server answers for, and of which this one has no fresh word. */
  readonly stale: readonly ApiVersion[];
}

/** `apps/v1` or `v1`; undefined when it is neither. */
export function parseApiVersion(text: string): ApiVersion | undefined {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2 || first === '' || second === '') return undefined;
  return second === undefined ? { group: '', version: first } : { group: first, version: second };
}

/** The resources in an APIResourceList, which `/api/v1` and `/apis/<group>/<version>` answer; undefined when it is none. */
export function resourcesOf(document: JsonValue, { group, version }: ApiVersion): readonly DiscoveredResource[] | undefined {
  if (!isJsonObject(document) || document['kind'] !== 'APIResourceList') return undefined;
  const entries = objectsIn(document['resources']);
  const subresources = new Map<string, string[]>();
  for (const entry of entries) {
    const [plural = '', subresource] = textOf(entry['name']).split('/');
    if (subresource !== undefined) subresources.set(plural, [...(subresources.get(plural) ?? []), subresource]);
  }
  return entries.flatMap((entry) => {
    const plural = textOf(entry['name']);
    if (plural === '' || plural.includes('/')) return [];
    const resource = { group, version, plural, kind: textOf(entry['kind']), namespaced: entry['namespaced'] === true };
    return [{ ...resource, singular: textOf(entry['singularName']), ...listsOf(entry), subresources: subresources.get(plural) ?? [] }];
  });
}

/** The APIs in an APIGroupList (`/apis`), each group's preferred version first; undefined when it is none. */
export function versionsOf(document: JsonValue): readonly ApiVersion[] | undefined {
  if (!isJsonObject(document) || document['kind'] !== 'APIGroupList') return undefined;
  return objectsIn(document['groups']).flatMap((group) => {
    const preferred = isJsonObject(group['preferredVersion']) ? textOf(group['preferredVersion']['version']) : '';
    const versions = objectsIn(group['versions']).map((version) => textOf(version['version']));
    return preferredFirst(versions, preferred).map((version) => ({ group: textOf(group['name']), version }));
  });
}

/** What an aggregated document (`/api` or `/apis`, from Kubernetes 1.26 on) says; undefined when it is none. */
export function aggregatedResourcesOf(document: JsonValue): Discovered | undefined {
  if (!isJsonObject(document) || document['kind'] !== 'APIGroupDiscoveryList') return undefined;
  const resources: DiscoveredResource[] = [];
  const stale: ApiVersion[] = [];
  for (const item of objectsIn(document['items'])) {
    const group = isJsonObject(item['metadata']) ? textOf(item['metadata']['name']) : '';
    for (const served of objectsIn(item['versions'])) {
      const version = { group, version: textOf(served['version']) };
      if (served['freshness'] === 'Stale') stale.push(version);
      for (const entry of objectsIn(served['resources'])) resources.push(...aggregatedResource(version, entry));
    }
  }
  return { resources, stale };
}

function aggregatedResource({ group, version }: ApiVersion, entry: Readonly<Record<string, JsonValue>>): readonly DiscoveredResource[] {
  const plural = textOf(entry['resource']);
  const kind = isJsonObject(entry['responseKind']) ? textOf(entry['responseKind']['kind']) : '';
  if (plural === '' || kind === '') return [];
  const subresources = objectsIn(entry['subresources']).map((subresource) => textOf(subresource['subresource']));
  return [{ group, version, plural, kind, namespaced: entry['scope'] === 'Namespaced', singular: textOf(entry['singularResource']), ...listsOf(entry), subresources }];
}

function listsOf(entry: Readonly<Record<string, JsonValue>>): Pick<DiscoveredResource, 'shortNames' | 'categories' | 'verbs'> {
  return { shortNames: textsIn(entry['shortNames']), categories: textsIn(entry['categories']), verbs: textsIn(entry['verbs']) };
}

function preferredFirst(versions: readonly string[], preferred: string): readonly string[] {
  return versions.includes(preferred) ? [preferred, ...versions.filter((version) => version !== preferred)] : versions;
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textsIn(value: JsonValue | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: JsonValue) => typeof item === 'string') : [];
}

function objectsIn(value: JsonValue | undefined): readonly Readonly<Record<string, JsonValue>>[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}
