// ConfigMaps and Secrets that Pods of the Node refer to, each followed by a watch of its own.
//
// One watch per object, because the Node authorizer lets a Node follow single objects only.

import type { ApiClient } from '../api/client.js';
import type { ConfigMap, Secret } from '../api/objects.js';
import { watchCollection } from '../api/watch.js';

/** What can be read, by resource name. */
export interface CachedKinds {
  readonly configmaps: ConfigMap;
  readonly secrets: Secret;
}

/** Longest wait for the first answer about an object; a fresh Pod may have to wait for the authorizer to learn of it. */
const FIRST_ANSWER_MS = 10_000;

interface Entry {
  object: ConfigMap | Secret | undefined;
  readonly listed: Promise<void>;
  readonly holders: Map<string, () => void>;
  readonly stop: AbortController;
}

/** Reads objects and tells their readers of changes. */
export class ObjectCache {
  readonly #client: ApiClient;
  readonly #entries = new Map<string, Entry>();

  constructor(client: ApiClient) {
    this.#client = client;
  }

  /**
   * Reads an object's present state; undefined when it does not exist.
   *
   * @param holder who asks (a Pod's uid); `onChange` is called at each later change until the holder lets go
   */
  async read<Kind extends keyof CachedKinds>(resource: Kind, at: { namespace: string; name: string }, holder: { uid: string; onChange: () => void }): Promise<CachedKinds[Kind] | undefined> {
    const key = `${resource}/${at.namespace}/${at.name}`;
    const entry = this.#entries.get(key) ?? this.#follow(key, resource, at);
    entry.holders.set(holder.uid, holder.onChange);
    await entry.listed;
    return entry.object;
  }

  /** Forgets a reader; objects nobody reads are no longer followed. */
  release(uid: string): void {
    for (const [key, entry] of this.#entries) {
      entry.holders.delete(uid);
      if (entry.holders.size > 0) continue;
      entry.stop.abort();
      this.#entries.delete(key);
    }
  }

  #follow(key: string, resource: keyof CachedKinds, at: { namespace: string; name: string }): Entry {
    const stop = new AbortController();
    let onListed = (): void => undefined;
    const listed = new Promise<void>((resolve) => (onListed = resolve));
    const timer = setTimeout(onListed, FIRST_ANSWER_MS);
    const entry: Entry = { object: undefined, listed, holders: new Map(), stop };
    this.#entries.set(key, entry);
    void watchCollection<ConfigMap | Secret>({
      client: this.#client,
      path: `/api/v1/namespaces/${at.namespace}/${resource}`,
      query: `fieldSelector=metadata.name%3D${at.name}`,
      signal: stop.signal,
      onListed: () => {
        clearTimeout(timer);
        onListed();
      },
      onChange: ({ kind, object }) => {
        entry.object = kind === 'present' ? object : undefined;
        for (const tell of entry.holders.values()) tell();
      },
    });
    return entry;
  }
}
