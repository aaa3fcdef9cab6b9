// ServiceAccount tokens of one Pod, asked from the API server and replaced before they expire.

import type { ApiClient } from '../../api/client.js';
import type { Pod, TokenRequestAnswer, TokenSource } from '../../api/objects.js';

/** Life of a token that names none, in seconds. */
const DEFAULT_LIFE_SECONDS = 3600;

/** Pause before a refused or failed replacement is tried again, in milliseconds. */
const RETRY_MS = 5_000;

interface HeldToken {
  token: string;
  replaceAtMs: number;
}

/** Holds the tokens of one Pod. */
export class PodTokens {
  readonly #client: ApiClient;
  readonly #refreshShare: number;
  readonly #onDue: () => void;
  readonly #held = new Map<string, HeldToken>();
  readonly #timers = new Set<NodeJS.Timeout>();

  /** `onDue` is called when a token should be written anew; the next {@link token} then fetches it. */
  constructor(client: ApiClient, refreshShare: number, onDue: () => void) {
    this.#client = client;
    this.#refreshShare = refreshShare;
    this.#onDue = onDue;
  }

  /** The present token for one file of a volume. An old token is kept while no new one is to be had. */
  async token(pod: Pod, source: TokenSource): Promise<string> {
    const key = `${source.audience ?? ''} ${source.path}`;
    const held = this.#held.get(key);
    if (held !== undefined && Date.now() < held.replaceAtMs) return held.token;
    try {
      const fresh = await this.#request(pod, source);
      this.#held.set(key, fresh);
      this.#wakeIn(fresh.replaceAtMs - Date.now());
      return fresh.token;
    } catch (error) {
      if (held === undefined) throw error;
      held.replaceAtMs = Date.now() + RETRY_MS;
      this.#wakeIn(RETRY_MS);
      return held.token;
    }
  }

  /** Stops replacing. */
  close(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  async #request(pod: Pod, source: TokenSource): Promise<HeldToken> {
    const { namespace = 'default', name, uid } = pod.metadata;
    const lifeSeconds = source.expirationSeconds ?? DEFAULT_LIFE_SECONDS;
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${pod.spec.serviceAccountName ?? 'default'}/token`;
    const answer = await this.#client.create<TokenRequestAnswer>(path, {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: {
        ...(source.audience === undefined ? {} : { audiences: [source.audience] }),
        expirationSeconds: lifeSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    });
    return { token: answer.status.token, replaceAtMs: Date.now() + lifeSeconds * 1000 * this.#refreshShare };
  }

  #wakeIn(ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#onDue();
    }, ms);
    this.#timers.add(timer);
  }
}
