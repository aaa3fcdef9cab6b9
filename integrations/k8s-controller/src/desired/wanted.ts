// What ought to be, as a word per object: there, gone, or left as it is for now.
import type { Manifest, ObjectReference } from '../world/kubernetes-object.js';
import { referenceTo } from '../world/kubernetes-object.js';

/** How an object ought to be. */
export type Wanted =
  | {
      readonly kind: 'present';
      readonly object: Manifest;
      /** Top-level fields that must be as in `object` and hold nothing else; in all others, strangers may add. */
      readonly exact: readonly string[];
      /** It cannot be changed in place: when it differs, it is deleted and made anew. */
      readonly immutable: boolean;
    }
  | { readonly kind: 'absent'; readonly reference: ObjectReference }
  | { readonly kind: 'hold'; readonly reference: ObjectReference; readonly because: string };

/** The object ought to be there. */
export function present(object: Manifest, { exact = [], immutable = false }: { readonly exact?: readonly string[]; readonly immutable?: boolean } = {}): Wanted {
  return { kind: 'present', object, exact, immutable };
}

/** The object ought not to be there. */
export function absent(reference: ObjectReference): Wanted {
  return { kind: 'absent', reference };
}

/** The object stays as it is for now, there or not. */
export function hold(reference: ObjectReference, because: string): Wanted {
  return { kind: 'hold', reference, because };
}

/** Which object is meant. */
export function subjectOf(wanted: Wanted): ObjectReference {
  return wanted.kind === 'present' ? referenceTo(wanted.object) : wanted.reference;
}
