// Where things are in the API: resources, collections, objects, and their paths. Which resources there are is
// discovery.ts. PURE.
import { Fault } from '../fault.js';
import type { KubernetesFaultCode } from './api-fault.js';

/** A kind of object as one API version serves it. */
export interface ApiResource {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  /** The name in paths and rules, such as `pods`. */
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** All objects of a resource; with a namespace, those in it. */
export interface CollectionAddress {
  readonly resource: ApiResource;
  readonly namespace?: string | undefined;
}

/** One object. */
export interface ObjectAddress extends CollectionAddress {
  readonly name: string;
}

/** What `apiVersion` says: the version alone for the core group. */
export function apiVersionOf({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of an API version, such as `/apis/apps/v1`. */
export function versionPath({ group, version }: Pick<ApiResource, 'group' | 'version'>): string {
  return group === '' ? `/api/${segment('version', version)}` : `/apis/${segment('group', group)}/${segment('version', version)}`;
}

/**
 * The path of a collection.
 *
 * @throws {Fault} KUBERNETES_NAME_INVALID
 */
export function collectionPath({ resource, namespace }: CollectionAddress): string {
  if (namespace !== undefined && !resource.namespaced) throw nameFault(`${shownResource(resource)} are not namespaced, and namespace "${namespace}" was given`);
  const within = namespace === undefined ? '' : `/namespaces/${segment('namespace', namespace)}`;
  return `${versionPath(resource)}${within}/${segment('resource', resource.plural)}`;
}

/**
 * The path of an object, or of a subresource of it such as `status`.
 *
 * @throws {Fault} KUBERNETES_NAME_INVALID
 */
export function objectPath(address: ObjectAddress, subresource?: string): string {
  if (address.resource.namespaced && address.namespace === undefined) throw nameFault(`${shownResource(address.resource)} are namespaced, and no namespace was given for "${address.name}"`);
  const path = `${collectionPath(address)}/${segment('name', address.name)}`;
  return subresource === undefined ? path : `${path}/${segment('subresource', subresource)}`;
}

/** An address for messages, such as `pods "a" in namespace "b"`. */
export function shownAddress(address: CollectionAddress | ObjectAddress, subresource?: string): string {
  const what = `${shownResource(address.resource)}${subresource === undefined ? '' : `/${subresource}`}`;
  return `${what}${'name' in address ? ` "${address.name}"` : ''}${address.namespace === undefined ? '' : ` in namespace "${address.namespace}"`}`;
}

function shownResource({ plural, group }: ApiResource): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** One segment of a path. What would change the path is refused even escaped: servers and proxies undo escapes. */
function segment(what: string, text: string): string {
  if (text === '' || text === '.' || text === '..' || /[/%\\\p{Cc}]/u.test(text)) throw nameFault(`${JSON.stringify(text)} cannot be a ${what}`);
  return encodeURIComponent(text);
}

function nameFault(found: string): Fault<KubernetesFaultCode> {
  return new Fault('KUBERNETES_NAME_INVALID', `cannot address objects: ${found}`);
}
