// What was looked at already, so that a watch does not begin by looking at everything again: for each object the version that
// was looked at, and by which policies in which state.
import { createHash } from 'node:crypto';

import { type AuditPlan, type Family, fingerprintOf } from 'wasmwarden/audit';
import type { ApiObject } from 'wasmwarden/kubernetes';

type Seen = Pick<ApiObject, 'metadata'>;

/** By what an object is judged. */
export interface Judgement {
  readonly family: Family;
  readonly plan: AuditPlan;
}

/** Characters of six bits each. */
const digestLength = 16;

/** Remembers objects by uid, a few dozen bytes each. */
export class Memory {
  readonly #looks = new Map<string, string>();
  readonly #known = new WeakMap<Family, string>();

  /** Remembers that an object was looked at; unless that is settled, it is to be looked at again. */
  add({ metadata }: Seen, { family, plan }: Judgement, settled: boolean): void {
    this.#looks.set(metadata.uid ?? '', settled ? this.#lookOf(metadata, { family, plan }) : '');
  }

  /** Tells whether an object was looked at as it is now, by policies as they are now. */
  has({ metadata }: Seen, judgement: Judgement): boolean {
    return this.#looks.get(metadata.uid ?? '') === this.#lookOf(metadata, judgement);
  }

  /** Tells whether there was something to forget. */
  forget(uid: string): boolean {
    return this.#looks.delete(uid);
  }

  #lookOf({ resourceVersion = '' }: Seen['metadata'], { family, plan }: Judgement): string {
    const fingerprint = this.#known.get(family) ?? digestOf(fingerprintOf(family, plan));
    this.#known.set(family, fingerprint);
    return `${resourceVersion} ${fingerprint}`;
  }
}

/** Fingerprints are long, and many over the months: objects hold digests of them. */
function digestOf(fingerprint: string): string {
  return createHash('sha256').update(fingerprint).digest('base64url').slice(0, digestLength);
}
