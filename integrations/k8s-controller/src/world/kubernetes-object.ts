// Objects as they are wanted and as they were seen: plain JSON with the envelope that all of them have.

/** Metadata that the controller writes. */
export interface WantedMetadata {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
}

/** Who an object belongs to: when none of its owners is left, Kubernetes deletes it. */
export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** An object as it is to be, with the fields that the controller decides. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: WantedMetadata;
  readonly [field: string]: unknown;
}

/** Metadata of an object in the cluster. */
export interface SeenMetadata {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
  readonly generation?: number | undefined;
  readonly creationTimestamp?: string | undefined;
  readonly deletionTimestamp?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly annotations?: Readonly<Record<string, string>> | undefined;
  readonly finalizers?: readonly string[] | undefined;
  readonly ownerReferences?: readonly OwnerReference[] | undefined;
  readonly [field: string]: unknown;
}

/** An object in the cluster. */
export interface SeenObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: SeenMetadata;
  readonly [field: string]: unknown;
}

/** Where an object is. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Where an object is. */
export function referenceTo({ apiVersion, kind, metadata: { name, namespace } }: Manifest | SeenObject): ObjectReference {
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) };
}

/** A reference as people read it: `Deployment kubewarden/policy-server-default`. */
export function formatReference({ kind, name, namespace }: ObjectReference): string {
  return namespace === undefined ? `${kind} ${name}` : `${kind} ${namespace}/${name}`;
}
