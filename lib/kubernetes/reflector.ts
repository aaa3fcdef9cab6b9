// Keeps a store like a collection of the API server, for as long as it runs: performs what reflection.ts decides.
import { type Fault, isFault } from '../fault.js';
import { isVersionLost, retryAfterOf } from './api-fault.js';
import type { ApiObject } from './api-object.js';
import type { ClusterClient } from './client.js';
import type { Selection } from './query.js';
import { reflect, type ReflectionCommand, type ReflectionEvent, unseen } from './reflection.js';
import type { CollectionAddress } from './resource.js';
import { type SteadyClock, steadyClock } from './steady-clock.js';
import type { Change, ObjectStore, Storable } from './store.js';
import type { WatchEvent } from './watch.js';

/** What a reflector says about itself. */
export type ReflectorEvent =
  | { readonly kind: 'listed'; readonly count: number; readonly resourceVersion: string }
  | { readonly kind: 'failed'; readonly during: 'list' | 'watch'; readonly fault: Fault; readonly delayMs: number };

export interface ReflectorOptions<Item extends Storable, Name extends string> {
  readonly client: Pick<ClusterClient, 'pages' | 'watch'>;
  readonly collection: CollectionAddress;
  readonly selection?: Selection;
  readonly pageSize?: number;
  /** What is kept of an object; the rest need not stay in memory. */
  readonly trim: (object: ApiObject) => Item;
  readonly store: ObjectStore<Item, Name>;
  /** Called when the store has changed; what it throws ends the reflector. */
  readonly onChange: (change: Change<Item>) => void;
  readonly onEvent?: (event: ReflectorEvent) => void;
  readonly clock?: SteadyClock;
}

/**
 * The server is asked to end a watch after 60 to 90 s. Of a collection in which nothing happens it may say nothing for
 * minutes (bookmarks are promised to nobody), and only a watch that ends when it should can be told from a dead one.
 */
const shortestWatchSeconds = 60;

/** A watch that lasted so long may be made again at once, even when nothing was told; in milliseconds. */
const lastingMs = 5_000;

/** Lists and watches a collection. */
export class Reflector<Item extends Storable, Name extends string = never> {
  /** True once the first listing is in the store, false when the reflector was stopped before. */
  readonly synced: Promise<boolean>;
  readonly #options: ReflectorOptions<Item, Name>;
  readonly #clock: SteadyClock;
  #announce: (synced: boolean) => void = () => undefined;

  constructor(options: ReflectorOptions<Item, Name>) {
    this.#options = options;
    this.#clock = options.clock ?? steadyClock;
    this.synced = new Promise((resolve) => {
      this.#announce = resolve;
    });
  }

  /** Runs until the signal fires; what the API server does is tried again for ever. */
  async run(signal: AbortSignal): Promise<void> {
    let [state, command] = reflect(unseen, { kind: 'started' }, 0);
    try {
      while (!signal.aborted) {
        const done = await this.#perform(command, signal);
        if (done === undefined) return;
        [state, command] = reflect(state, done.event, this.#clock.random());
        if (done.failed !== undefined) this.#options.onEvent?.({ kind: 'failed', ...done.failed, delayMs: command.afterMs });
      }
    } finally {
      this.#announce(false);
    }
  }

  /** Performs a command; undefined when the signal fired. */
  async #perform(command: ReflectionCommand, signal: AbortSignal): Promise<Performed | undefined> {
    if (command.afterMs > 0) await this.#clock.sleep(command.afterMs, signal);
    if (signal.aborted) return undefined;
    const performed = command.kind === 'list' ? await this.#list(signal) : await this.#watch(command.resourceVersion, signal);
    // An abort looks like a failure of whatever was going on.
    return isAborted(signal) ? undefined : performed;
  }

  async #list(signal: AbortSignal): Promise<Performed> {
    const { client, collection, selection, pageSize, trim, store, onChange, onEvent } = this.#options;
    let items: Item[] = [];
    let resourceVersion = '';
    try {
      for await (const page of client.pages(collection, { ...selection, pageSize, signal })) {
        if (page.first) items = [];
        for (const item of page.items) items.push(trim(item));
        resourceVersion = page.resourceVersion;
      }
    } catch (error) {
      if (!isFault(error)) throw error;
      return { event: { kind: 'list-failed', retryAfterMs: retryAfterOf(error) }, failed: { during: 'list', fault: error } };
    }
    for (const change of store.replace(items)) onChange(change);
    this.#announce(true);
    onEvent?.({ kind: 'listed', count: items.length, resourceVersion });
    return { event: { kind: 'listed', resourceVersion } };
  }

  async #watch(from: string, signal: AbortSignal): Promise<Performed> {
    const { client, collection, selection } = this.#options;
    const begunMs = this.#clock.steadyMs();
    const timeoutSeconds = Math.round(shortestWatchSeconds * (1 + this.#clock.random() / 2));
    let resourceVersion = from;
    const progress = (): { readonly resourceVersion: string; readonly worked: boolean } => ({ resourceVersion, worked: resourceVersion !== from || this.#clock.steadyMs() - begunMs >= lastingMs });
    let taking = false;
    try {
      for await (const event of client.watch(collection, { ...selection, resourceVersion, timeoutSeconds, signal })) {
        taking = true;
        this.#take(event);
        taking = false;
        resourceVersion = event.kind === 'bookmark' ? event.resourceVersion : (event.object.metadata.resourceVersion ?? resourceVersion);
      }
    } catch (error) {
      if (taking || !isFault(error)) throw error;
      // What is no passing trouble may be a version, or a kind, that is no longer there: a listing tells.
      const versionLost = isVersionLost(error) || !error.retryable;
      return { event: { kind: 'watch-failed', ...progress(), versionLost, retryAfterMs: retryAfterOf(error) }, failed: { during: 'watch', fault: error } };
    }
    return { event: { kind: 'watch-ended', ...progress() } };
  }

  #take(event: WatchEvent): void {
    if (event.kind === 'bookmark') return;
    const { store, trim, onChange } = this.#options;
    const item = trim(event.object);
    for (const change of event.kind === 'deleted' ? store.delete(item) : store.set(item)) onChange(change);
  }
}

/** What became of a command, and what is to be reported of it. */
interface Performed {
  readonly event: ReflectionEvent;
  readonly failed?: { readonly during: 'list' | 'watch'; readonly fault: Fault };
}

/** A signal may fire during any wait, which the type checker does not know. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
