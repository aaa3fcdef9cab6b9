// Asks policies on the policy-servers of a cluster, over connections that are kept.
import type { SteadyClock } from 'wasmwarden/kubernetes';

import type { Evaluator } from './evaluator.js';
import { PolicyServerConnection } from './policy-server.js';
import type { ServerTls } from './server-tls.js';

export interface RemoteEvaluatorOptions {
  /** What new connections are made with. */
  readonly tls: () => ServerTls;
  /** The most questions that one server is asked at once. */
  readonly most: number;
  readonly clock: SteadyClock;
}

/** The least time that a policy-server is given for one answer, in milliseconds: the reference's only one. */
const leastLimitMs = 10_000;

/** What lies between a policy's own limit and its answer, in milliseconds. */
const marginMs = 1_000;

/** Makes an evaluator; close it when it is no longer used. */
export function createRemoteEvaluator(options: RemoteEvaluatorOptions): Evaluator {
  const servers = new Map<string, PolicyServerConnection>();
  const serverAt = (origin: string): PolicyServerConnection => {
    const server = servers.get(origin) ?? new PolicyServerConnection(origin, options);
    servers.set(origin, server);
    return server;
  };
  return {
    evaluate({ policy, url }, review) {
      const { origin, pathname } = new URL(url);
      const path = `${pathname.replace(/\/$/, '')}/audit/${encodeURIComponent(policy.id)}`;
      return serverAt(origin).ask(path, review, Math.max(leastLimitMs, policy.timeoutMs + marginMs));
    },
    renew() {
      for (const server of servers.values()) server.renew();
    },
    async close() {
      await Promise.all([...servers.values()].map((server) => server.close()));
    },
  };
}
