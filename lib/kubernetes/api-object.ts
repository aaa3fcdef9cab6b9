// Objects as the API server gives them: parsed JSON with nothing dropped, renamed or converted. Only the envelope that
// every client relies on is checked here; what a kind means is for its readers.
import type { JsonObject, JsonValue } from '../json/json-value.js';

/** An entry of `metadata.ownerReferences`. */
export interface OwnerReference extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** An entry of `metadata.managedFields`: which manager owns which fields. */
export interface ManagedFields extends JsonObject {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly subresource?: string;
  readonly fieldsV1?: JsonObject;
}

/**
 * What the API server knows of every object; other members are kept too.
 *
 * Of these only `name` is always there: a dry run gives no `resourceVersion`, and metrics have neither that nor a `uid`.
 */
export interface ObjectMetadata extends JsonObject {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly generation?: number;
  readonly creationTimestamp?: string;
  readonly deletionTimestamp?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerReference[];
  readonly managedFields?: readonly ManagedFields[];
}

/**
 * An object as stored, every field of it.
 *
 * Numbers are doubles: an integer beyond 2^53 is rounded. So a change is written as a patch or by server-side apply,
 * which name only the fields they mean; whoever hands an object on exactly as stored reads its bytes instead.
 */
export interface ApiObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMetadata;
}

/** One answer to a list request. */
export interface ObjectList {
  readonly items: readonly ApiObject[];
  readonly resourceVersion: string;
  /** Where the rest begins; empty when there is no rest. */
  readonly continueToken: string;
}

/** What identifies an object within its collection: `namespace/name`, or `name` alone. */
export type ObjectKey = string;

/** The key of an object. */
export function keyOf({ metadata }: { readonly metadata: Pick<ObjectMetadata, 'name' | 'namespace'> }): ObjectKey {
  return metadata.namespace === undefined ? metadata.name : `${metadata.namespace}/${metadata.name}`;
}

/** Tells whether a JSON value is an object. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Tells whether a JSON value has the envelope of an object; the API server answers for what is inside. */
export function isApiObject(value: unknown): value is ApiObject {
  return isJsonObject(value) && typeof value['apiVersion'] === 'string' && typeof value['kind'] === 'string' && isJsonObject(value['metadata']) && typeof value['metadata']['name'] === 'string';
}

/**
 * Reads a list; undefined when it is none.
 *
 * Items of built-in kinds come without `apiVersion` and `kind`, which the list says for all of them: they are put in front.
 */
export function objectListOf(value: JsonValue): ObjectList | undefined {
  if (!isJsonObject(value)) return undefined;
  const { apiVersion, kind, metadata, items } = value;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !kind.endsWith('List') || !isJsonObject(metadata)) return undefined;
  const objects = itemsOf(items, { apiVersion, kind: kind.slice(0, -'List'.length) });
  const { resourceVersion = '', continue: continueToken = '' } = metadata;
  if (objects === undefined || typeof resourceVersion !== 'string' || typeof continueToken !== 'string') return undefined;
  return { items: objects, resourceVersion, continueToken };
}

function itemsOf(items: JsonValue | undefined, identity: JsonObject): readonly ApiObject[] | undefined {
  // A list without items may say `null`, or nothing.
  if (!isJsonArray(items)) return [];
  const objects = items.map((item) => (isJsonObject(item) ? { ...identity, ...item } : item));
  return objects.every(isApiObject) ? objects : undefined;
}

/** The built-in guard does not know readonly arrays. */
function isJsonArray(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}
