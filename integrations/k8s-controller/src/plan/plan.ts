// The difference between what is and what ought to be, as steps.
import { policyServerLabel } from '../desired/labels.js';
import { finalizer, legacyFinalizer } from '../desired/names.js';
import { subjectOf, type Wanted } from '../desired/wanted.js';
import { formatReference, referenceTo, type Manifest, type ObjectReference, type SeenObject, type WantedMetadata } from '../world/kubernetes-object.js';
import type { Action, Precondition } from './actions.js';
import { covers, isSame } from './coverage.js';
import { ownsMore, referencePlace } from './ownership.js';

/** The steps for one object, or why none can be taken. */
export type Plan = { readonly kind: 'steps'; readonly actions: readonly Action[] } | { readonly kind: 'blocked'; readonly because: string };

const nothing: Plan = { kind: 'steps', actions: [] };

/** The steps that make an object what it ought to be. */
export function planFor(wanted: Wanted, seen: readonly SeenObject[]): Plan {
  const reference = subjectOf(wanted);
  const found = seen.find((object) => isAt(object, reference));
  switch (wanted.kind) {
    case 'hold':
      return nothing;
    case 'absent':
      return found === undefined || found.metadata.deletionTimestamp !== undefined ? nothing : steps({ kind: 'delete', reference, precondition: preconditionOf(found) });
    case 'present':
      if (found === undefined) return steps({ kind: 'apply', object: wanted.object });
      return isForeign(found, wanted.object) ? { kind: 'blocked', because: `${formatReference(reference)} belongs to the PolicyServer ${String(found.metadata.labels?.[policyServerLabel])}` } : changes(found, wanted);
  }
}

/**
 * The steps from an object to what it ought to be.
 *
 * Applying sets our fields and leaves others'. Where others' have no place they are taken out by naming the object's version, so
 * that what was not seen is not overwritten.
 */
function changes(found: SeenObject, { object, exact, immutable }: Extract<Wanted, { kind: 'present' }>): Plan {
  const wrong = exact.filter((field) => !isSame(found[field], object[field]));
  const isApplied = covers(found, object) && !ownsMore(found, object);
  if (isApplied && wrong.length === 0) return nothing;
  // A deletion that waits for finalizers: made anew once it is gone.
  if (found.metadata.deletionTimestamp !== undefined) return nothing;
  const place = referencePlace(found);
  // The rest follows when that is seen.
  if (place !== undefined) return steps({ kind: 'adopt', reference: referenceTo(found), place, precondition: preconditionOf(found) });
  if (immutable) return steps({ kind: 'delete', reference: referenceTo(found), precondition: preconditionOf(found) });
  const apply = isApplied ? [] : [{ kind: 'apply', object } as const];
  const hasMore = wrong.some((field) => !covers(object[field], found[field]));
  const replace = { kind: 'replace-fields', reference: referenceTo(found), fields: Object.fromEntries(wrong.map((field) => [field, object[field]])), precondition: preconditionOf(found) } as const;
  // One write for both: what is applied afterwards is seen in the next pass.
  return hasMore ? steps(replace) : steps(...apply);
}

/** The step that gives an object back the labels, annotations and owners that it lost, and leaves the rest alone; undefined when it has them. */
export function planMetadata(object: SeenObject, wanted: WantedMetadata): Action | undefined {
  if (covers(object.metadata, wanted)) return undefined;
  const { labels = {}, annotations = {}, ownerReferences = [] } = wanted;
  const strangers = (object.metadata.ownerReferences ?? []).filter(({ uid }) => !ownerReferences.some((own) => own.uid === uid));
  return { kind: 'set-metadata', reference: referenceTo(object), metadata: { labels, annotations, ownerReferences: [...strangers, ...ownerReferences] }, precondition: preconditionOf(object) };
}

/** The step that puts our finalizer on an object, or takes it off; undefined when it is as it ought to be. */
export function planFinalizer(object: SeenObject, wanted: 'present' | 'absent' | 'hold'): Action | undefined {
  const finalizers = object.metadata.finalizers ?? [];
  const others = finalizers.filter((name) => name !== finalizer && (wanted === 'present' || name !== legacyFinalizer));
  if (wanted === 'hold') return undefined;
  const target = wanted === 'present' ? [...others, finalizer] : others;
  if (wanted === 'present' ? finalizers.includes(finalizer) : target.length === finalizers.length) return undefined;
  return { kind: 'set-finalizers', reference: referenceTo(object), finalizers: target, precondition: preconditionOf(object) };
}

/** The state of an object that a step relies on. */
export function preconditionOf({ metadata: { uid, resourceVersion } }: SeenObject): Precondition {
  return { uid, resourceVersion };
}

/** Tells whether an object is the one meant. */
export function isAt(object: SeenObject, { kind, name, namespace }: ObjectReference): boolean {
  return object.kind === kind && object.metadata.name === name && object.metadata.namespace === namespace;
}

/** An object of another PolicyServer that happens to have the name: taking it would start a fight. */
function isForeign(found: SeenObject, object: Manifest): boolean {
  const [theirs, ours] = [found.metadata.labels?.[policyServerLabel], object.metadata.labels?.[policyServerLabel]];
  return theirs !== undefined && ours !== undefined && theirs !== ours;
}

function steps(...actions: readonly Action[]): Plan {
  return { kind: 'steps', actions };
}
