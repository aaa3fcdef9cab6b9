// Writes a status when it says something new, and tells of it by Events.
import { isFault } from 'wasmwarden';

import type { Condition } from '../crds/conditions.js';
import type { Metadata } from '../crds/metadata.js';
import { attempt, type Failure } from '../control/outcome.js';
import { canonicalJson } from '../desired/canonical-json.js';
import { transitions, type Transition } from '../status/transitions.js';
import type { ObjectReference } from '../world/kubernetes-object.js';
import type { ClusterWriter } from './cluster-writer.js';

/** A status, as it was and as it is. */
export interface StatusChange {
  readonly reference: ObjectReference;
  readonly metadata: Pick<Metadata, 'uid' | 'resourceVersion'>;
  readonly before: Status | undefined;
  readonly after: Status;
}

interface Status {
  readonly conditions?: readonly Condition[] | undefined;
  readonly [field: string]: unknown;
}

/** How many objects are remembered; forgetting one costs a conflict at most. */
const maxRemembered = 10_000;

/** Writes statuses. */
export class StatusWriter {
  readonly #writer: Pick<ClusterWriter, 'writeStatus'>;
  readonly #tell: (reference: ObjectReference & { readonly uid: string }, transition: Transition) => void;

  /** The versions of objects that our own writes have replaced, by uid. */
  readonly #replaced = new Map<string, string>();

  constructor(writer: Pick<ClusterWriter, 'writeStatus'>, tell: (reference: ObjectReference & { readonly uid: string }, transition: Transition) => void) {
    this.#writer = writer;
    this.#tell = tell;
  }

  /** Writes a status unless it is the same; an object that is gone needs none. */
  async write({ reference, metadata: { uid, resourceVersion }, before, after }: StatusChange): Promise<readonly Failure[]> {
    if (before !== undefined && canonicalJson(before) === canonicalJson(after)) return [];
    // What our own last write came to has not been seen yet; when it is, the object is looked at again.
    if (resourceVersion !== undefined && this.#replaced.get(uid) === resourceVersion) return [];
    this.#replaced.delete(uid);
    const failure = await attempt(async () => {
      try {
        const version = await this.#writer.writeStatus(reference, { uid, resourceVersion }, after);
        if (resourceVersion !== undefined && version !== resourceVersion) this.#remember(uid, resourceVersion);
      } catch (thrown) {
        if (!isFault(thrown, 'KUBERNETES_NOT_FOUND')) throw thrown;
      }
    });
    if (failure !== undefined) return [failure];
    for (const transition of transitions(before?.conditions ?? [], after.conditions ?? [])) this.#tell({ ...reference, uid }, transition);
    return [];
  }

  #remember(uid: string, replaced: string): void {
    if (this.#replaced.size >= maxRemembered) this.#replaced.clear();
    this.#replaced.set(uid, replaced);
  }
}
