// Since when a server's configuration is as it is: changes that follow each other closely are rolled out together.
import type { ConfigHash } from '../desired/config-hash.js';
import type { Quiet } from '../desired/policy-server.js';

interface Pending {
  readonly hash: ConfigHash;
  /** The version that was rolled out meanwhile. */
  readonly current: ConfigHash | undefined;
  readonly changedMs: number;
  readonly sinceMs: number;
}

/** Remembers configurations that are not rolled out yet, by server. */
export class ChangeWindow {
  readonly #steadyMs: () => number;
  readonly #pending = new Map<string, Pending>();

  /** @param steadyMs milliseconds of a clock that nobody sets */
  constructor(steadyMs: () => number) {
    this.#steadyMs = steadyMs;
  }

  /** How long a configuration has been as it is, and different from the one rolled out. */
  observe(server: string, hash: ConfigHash, current: ConfigHash | undefined): Quiet {
    const nowMs = this.#steadyMs();
    if (hash === current) {
      this.#pending.delete(server);
      return { sinceChangeMs: 0, sinceDifferenceMs: 0 };
    }
    const before = this.#pending.get(server);
    const changedMs = before?.hash === hash ? before.changedMs : nowMs;
    // Measured from the last rollout on: changes that went with it do not hurry those that come after.
    const sinceMs = before !== undefined && before.current === current ? before.sinceMs : nowMs;
    this.#pending.set(server, { hash, current, changedMs, sinceMs });
    return { sinceChangeMs: nowMs - changedMs, sinceDifferenceMs: nowMs - sinceMs };
  }

  /** Forgets a server that is gone. */
  forget(server: string): void {
    this.#pending.delete(server);
  }
}
