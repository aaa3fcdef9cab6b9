// A collection of an API server as a log in memory: pages and watches as the real one gives them, and every failure that
// it may have, when the test says so.
import { Fault } from '../../../lib/fault.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import type { ClusterClient } from '../../../lib/kubernetes/client.js';
import type { WatchEvent } from '../../../lib/kubernetes/watch.js';

type Watching = Pick<ClusterClient, 'pages' | 'watch'>;

const unavailable = (): Fault => new Fault('KUBERNETES_UNAVAILABLE', 'the API server is away', { retryable: true });
const gone = (): Fault => new Fault('KUBERNETES_GONE', 'too old resource version');

/** What goes wrong now and then, each as a probability. */
export interface Troubles {
  readonly pageFails: number;
  readonly listRestarts: number;
  readonly watchRefused: number;
  readonly watchBreaks: number;
  readonly watchEnds: number;
}

export const noTroubles: Troubles = { pageFails: 0, listRestarts: 0, watchRefused: 0, watchBreaks: 0, watchEnds: 0 };

export class SimulatedCollection implements Watching {
  troubles: Troubles;
  readonly #chance: () => number;
  readonly #objects = new Map<string, ApiObject>();
  readonly #log: { readonly version: number; readonly event: WatchEvent }[] = [];
  readonly #waiting = new Set<() => void>();
  #version = 1;
  #forgotten = 0;
  #uid = 0;
  lists = 0;
  watches = 0;
  readonly watchSeconds: number[] = [];

  constructor(chance: () => number, troubles: Troubles = noTroubles) {
    this.#chance = chance;
    this.troubles = troubles;
  }

  get objects(): readonly ApiObject[] {
    return [...this.#objects.values()];
  }

  /** Creates the object, or makes a new version of it. */
  put(name: string): void {
    const previous = this.#objects.get(name);
    this.#version += 1;
    const uid = previous?.metadata.uid ?? `uid-${(this.#uid += 1)}`;
    const object: ApiObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'n', uid, resourceVersion: String(this.#version) } };
    this.#objects.set(name, object);
    this.#tell({ kind: previous === undefined ? 'added' : 'modified', object });
  }

  remove(name: string): void {
    const previous = this.#objects.get(name);
    if (previous === undefined) return;
    this.#version += 1;
    this.#objects.delete(name);
    this.#tell({ kind: 'deleted', object: { ...previous, metadata: { ...previous.metadata, resourceVersion: String(this.#version) } } });
  }

  /** Forgets the history up to now, as etcd's compaction does. */
  compact(): void {
    this.#forgotten = this.#version;
    this.kick();
  }

  /** Lets every watch look at its troubles. */
  kick(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  async *pages(...[, options = {}]: Parameters<ClusterClient['pages']>): ReturnType<ClusterClient['pages']> {
    this.lists += 1;
    const size = options.pageSize ?? 3;
    for (;;) {
      const items = this.objects;
      const resourceVersion = String(this.#version);
      let at = 0;
      do {
        await Promise.resolve();
        if (options.signal?.aborted === true) throw new Fault('KUBERNETES_ABORTED', 'stopped');
        if (this.#happens('pageFails')) throw unavailable();
        const continueToken = at + size < items.length ? String(at + size) : '';
        yield { items: items.slice(at, at + size), resourceVersion, continueToken, first: at === 0 };
        at += size;
      } while (at < items.length && !this.#happens('listRestarts'));
      if (at >= items.length) return;
    }
  }

  async *watch(...[, { resourceVersion, timeoutSeconds, signal }]: Parameters<ClusterClient['watch']>): ReturnType<ClusterClient['watch']> {
    this.watches += 1;
    this.watchSeconds.push(timeoutSeconds);
    await Promise.resolve();
    if (this.#happens('watchRefused')) throw unavailable();
    let at = Number(resourceVersion);
    for (;;) {
      if (signal.aborted) throw new Fault('KUBERNETES_ABORTED', 'stopped');
      if (at < this.#forgotten) throw gone();
      if (this.#happens('watchBreaks')) throw new Fault('KUBERNETES_INTERRUPTED', 'reset', { retryable: true });
      if (this.#happens('watchEnds')) return;
      const next = this.#log.find(({ version }) => version > at);
      if (next === undefined) {
        await this.#news(signal);
        if (this.#chance() < 0.2) yield { kind: 'bookmark', resourceVersion: String(at) };
        continue;
      }
      yield next.event;
      at = next.version;
    }
  }

  #happens(trouble: keyof Troubles): boolean {
    return this.#chance() < this.troubles[trouble];
  }

  #tell(event: WatchEvent): void {
    this.#log.push({ version: this.#version, event });
    this.kick();
  }

  #news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      this.#waiting.add(wake);
    });
  }
}
