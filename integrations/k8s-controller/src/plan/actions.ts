// What can be done to the cluster, as values; apply/ does it.
import type { LeafSubject } from '../certificates/authority.js';
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
  | { readonly kind: 'delete'; readonly reference: ObjectReference; readonly precondition: Precondition }
  /** Makes a certificate and stores it. */
  | { readonly kind: 'mint'; readonly secret: WantedMetadata; readonly subject: LeafSubject; readonly because: string }
  | { readonly kind: 'set-finalizers'; readonly reference: ObjectReference; readonly finalizers: readonly string[]; readonly precondition: Precondition };

/** What became of a step. */
export interface ActionResult {
  readonly action: Action;
  /** Why it failed; undefined when it did not. */
  readonly problem: string | undefined;
}
