// Since when a policy or a server has no webhook, as far as this process has seen. An API server may go on calling one for a moment after
// it is gone, so what it calls has to stay.
import type { ClusterCache, SeenChange } from './cluster-cache.js';
import { pointsTo } from './seen-webhook.js';

/** What is there now. */
type Present = Pick<ClusterCache, 'all' | 'find'>;

const kinds = ['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const;

/** How long a disappearance is remembered, in milliseconds: longer than anybody waits for. */
const memoryMs = 60_000;

/** Remembers disappearances. */
export class WebhookAbsence {
  readonly #cache: Present;
  readonly #steadyMs: () => number;
  readonly #policies = new Map<string, number>();
  readonly #servers = new Map<string, number>();
  #sinceMs: number;

  /** @param steadyMs milliseconds of a clock that nobody sets */
  constructor(cache: Present, steadyMs: () => number) {
    this.#cache = cache;
    this.#steadyMs = steadyMs;
    this.#sinceMs = steadyMs();
  }

  /** From now on everything is seen: what is not there now may have gone just before. */
  restart(): void {
    this.#sinceMs = this.#steadyMs();
  }

  /** Takes note of a change of a webhook configuration; others are nobody's business. */
  observe(change: SeenChange): void {
    if (change.kind === 'added' || !change.previous.kind.endsWith('WebhookConfiguration')) return;
    const nowMs = this.#steadyMs();
    this.#forget(nowMs);
    const server = pointsTo(change.previous);
    const movedAway = change.kind === 'deleted' || pointsTo(change.object) !== server;
    if (change.kind === 'deleted') this.#policies.set(change.previous.metadata.name, nowMs);
    if (movedAway && server !== undefined) this.#servers.set(server, nowMs);
  }

  /** Milliseconds for which a policy has had no webhook; undefined while it has one. */
  ofPolicy(id: string): number | undefined {
    return kinds.some((kind) => this.#cache.find(kind, id) !== undefined) ? undefined : this.#steadyMs() - (this.#policies.get(id) ?? this.#sinceMs);
  }

  /** Milliseconds for which no webhook has pointed to a server; undefined while one does. */
  ofServer(server: string): number | undefined {
    return kinds.some((kind) => this.#cache.all(kind).some((object) => pointsTo(object) === server)) ? undefined : this.#steadyMs() - (this.#servers.get(server) ?? this.#sinceMs);
  }

  #forget(nowMs: number): void {
    for (const memory of [this.#policies, this.#servers]) {
      for (const [name, sinceMs] of memory) if (nowMs - sinceMs > memoryMs) memory.delete(name);
    }
  }
}
