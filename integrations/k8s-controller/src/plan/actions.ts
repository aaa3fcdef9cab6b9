// What can be done to the cluster, as values; apply/ does it.
import type { LeafSubject } from '../certificates/authority.js';
import type { KeyPair } from '../certificates/key-pair.js';
import type { Manifest, ObjectReference, WantedMetadata } from '../world/kubernetes-object.js';

/** Makes sure that it is the object that was seen which is changed. */
export interface Precondition {
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** One step. */
export type Action =
  /** Server-side apply: the object is made, or our fields of it set. */
  | { readonly kind: 'apply'; readonly object: Manifest }
  /** Strangers' additions are taken out of these fields; the rest of the object stays. */
  | { readonly kind: 'replace-fields'; readonly reference: ObjectReference; readonly fields: Readonly<Record<string, unknown>>; readonly precondition: Precondition }
  /** What the reference set, by its place among the managers, is ours from now on, as if we had applied it. */
  | { readonly kind: 'adopt'; readonly reference: ObjectReference; readonly place: number; readonly precondition: Precondition }
  | { readonly kind: 'delete'; readonly reference: ObjectReference; readonly precondition: Precondition }
  /** Makes a certificate that the authority signs, and stores it. */
  | { readonly kind: 'mint'; readonly secret: WantedMetadata; readonly subject: LeafSubject; readonly authority: KeyPair; readonly precondition: Precondition | undefined; readonly because: string }
  /** Makes a new authority, and stores it with the certificate of the one before. */
  | { readonly kind: 'mint-authority'; readonly secret: WantedMetadata; readonly previous: string | undefined; readonly precondition: Precondition | undefined; readonly because: string }
  /** Labels, annotations and owners are set; others stay. */
  | { readonly kind: 'set-metadata'; readonly reference: ObjectReference; readonly metadata: Pick<WantedMetadata, 'labels' | 'annotations' | 'ownerReferences'>; readonly precondition: Precondition }
  | { readonly kind: 'set-finalizers'; readonly reference: ObjectReference; readonly finalizers: readonly string[]; readonly precondition: Precondition };
