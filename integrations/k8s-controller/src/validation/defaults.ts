// What is filled in before an object of ours is stored (contract 2.3): the PolicyServer of a policy, and the finalizer that lets the
// controller clean up. As a JSON patch, so that fields nobody here knows survive.
import type { CustomKind } from '../crds/group.js';
import { finalizer } from '../desired/names.js';

/** One step of a JSON patch. */
export interface PatchStep {
  readonly op: 'add';
  readonly path: string;
  readonly value: unknown;
}

interface Given {
  readonly metadata?: { readonly deletionTimestamp?: unknown; readonly finalizers?: readonly string[] | null };
  readonly spec?: { readonly policyServer?: unknown } | null;
}

/** The patch that fills in defaults; empty when there is nothing to do. */
export function defaultsPatch(kind: CustomKind, { metadata, spec }: Given): readonly PatchStep[] {
  return [...(kind === 'PolicyServer' ? [] : serverPatch(spec)), ...finalizerPatch(metadata)];
}

function serverPatch(spec: Given['spec']): readonly PatchStep[] {
  if (typeof spec !== 'object' || spec === null) return [];
  return (spec.policyServer ?? '') === '' ? [{ op: 'add', path: '/spec/policyServer', value: 'default' }] : [];
}

/** Not on an object that is going: nobody would be left to remove it. */
function finalizerPatch(metadata: Given['metadata']): readonly PatchStep[] {
  const finalizers = metadata?.finalizers ?? [];
  if (metadata === undefined || metadata.deletionTimestamp !== undefined || finalizers.includes(finalizer)) return [];
  return finalizers.length === 0 ? [{ op: 'add', path: '/metadata/finalizers', value: [finalizer] }] : [{ op: 'add', path: '/metadata/finalizers/-', value: finalizer }];
}
