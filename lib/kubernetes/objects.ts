// Reading and writing single objects. Lists are pages.ts, watches watch.ts.
import type { JsonValue } from '../json/json-value.js';
import { invalidAnswer } from './api-fault.js';
import { type ApiObject, isApiObject } from './api-object.js';
import { type ApplyOptions, withApply, withWrite, type WriteOptions } from './query.js';
import { type CollectionAddress, collectionPath, type ObjectAddress, objectPath, shownAddress } from './resource.js';
import type { CallOptions, Rest } from './rest.js';

/** A change to parts of an object, in one of the forms that the API server knows. */
export type ObjectPatch =
  /** RFC 6902, operations. */
  | { readonly kind: 'json'; readonly patch: readonly object[] }
  /** RFC 7396; lists are replaced. */
  | { readonly kind: 'merge'; readonly patch: object }
  /** Like a merge, but lists of built-in kinds are merged by their keys; custom resources refuse it. */
  | { readonly kind: 'strategic'; readonly patch: object };

/** On which object, with how much patience, and how. */
export interface ReadOptions extends CallOptions {
  /** Such as `status` or `scale`. */
  readonly subresource?: string | undefined;
}

export interface ChangeOptions extends ReadOptions, WriteOptions {}

export interface ApplyCallOptions extends ReadOptions, ApplyOptions {}

/** How an object is deleted. */
export interface DeleteCallOptions extends CallOptions {
  readonly dryRun?: boolean | undefined;
  /** What must still be so; KUBERNETES_CONFLICT when it is not. */
  readonly preconditions?: { readonly uid?: string | undefined; readonly resourceVersion?: string | undefined } | undefined;
  /** What becomes of the objects that it owns; the API server decides when absent. */
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground' | undefined;
  readonly gracePeriodSeconds?: number | undefined;
}

const contentTypes = { json: 'application/json-patch+json', merge: 'application/merge-patch+json', strategic: 'application/strategic-merge-patch+json' } as const;

/** Reads an object. */
export async function getObject(rest: Rest, address: ObjectAddress, options: ReadOptions = {}): Promise<ApiObject> {
  const attempted = `get ${shownAddress(address, options.subresource)}`;
  return objectOf(attempted, await rest.json({ attempted, method: 'GET', path: objectPath(address, options.subresource) }, options));
}

/** Creates an object; `KUBERNETES_ALREADY_EXISTS` when there is one. */
export async function createObject(rest: Rest, address: CollectionAddress, body: object, options: WriteOptions & CallOptions = {}): Promise<ApiObject> {
  const attempted = `create ${shownAddress(address)}`;
  return objectOf(attempted, await rest.json({ attempted, method: 'POST', path: withWrite(collectionPath(address), options), body }, options));
}

/**
 * Replaces an object; `KUBERNETES_CONFLICT` when the body's `resourceVersion` is not the stored one.
 *
 * Writes back all that was read, and so rounded numbers too: see `ApiObject`.
 */
export async function replaceObject(rest: Rest, address: ObjectAddress, body: object, options: ChangeOptions = {}): Promise<ApiObject> {
  const attempted = `replace ${shownAddress(address, options.subresource)}`;
  return objectOf(attempted, await rest.json({ attempted, method: 'PUT', path: withWrite(objectPath(address, options.subresource), options), body }, options));
}

/** Changes parts of an object. */
export async function patchObject(rest: Rest, address: ObjectAddress, { kind, patch }: ObjectPatch, options: ChangeOptions = {}): Promise<ApiObject> {
  const attempted = `patch ${shownAddress(address, options.subresource)}`;
  const path = withWrite(objectPath(address, options.subresource), options);
  return objectOf(attempted, await rest.json({ attempted, method: 'PATCH', path, body: patch, contentType: contentTypes[kind] }, options));
}

/** Server-side apply: creates the object, or makes the fields of the body so and forgets those applied before and no longer named. */
export async function applyObject(rest: Rest, address: ObjectAddress, body: object, options: ApplyCallOptions): Promise<ApiObject> {
  const attempted = `apply ${shownAddress(address, options.subresource)}`;
  const path = withApply(objectPath(address, options.subresource), options);
  // The type says YAML, and JSON is YAML.
  return objectOf(attempted, await rest.json({ attempted, method: 'PATCH', path, body, contentType: 'application/apply-patch+yaml' }, options));
}

/** Asks for an object's deletion; with finalizers or a grace period it is there a while longer. */
export async function deleteObject(rest: Rest, address: ObjectAddress, options: DeleteCallOptions = {}): Promise<void> {
  const { preconditions, propagationPolicy, gracePeriodSeconds, dryRun } = options;
  const body = { kind: 'DeleteOptions', apiVersion: 'v1', preconditions, propagationPolicy, gracePeriodSeconds, ...(dryRun === true ? { dryRun: ['All'] } : {}) };
  await rest.json({ attempted: `delete ${shownAddress(address)}`, method: 'DELETE', path: objectPath(address), body }, options);
}

function objectOf(attempted: string, value: JsonValue): ApiObject {
  if (isApiObject(value)) return value;
  throw invalidAnswer(attempted, 'is no object with apiVersion, kind and a name');
}
