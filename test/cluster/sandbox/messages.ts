// What the test process and the process inside the sandbox say to each other over the IPC channel.

import type { ImageMap } from '../agent/image.js';
import type { ProgramName, Programs } from '../programs/programs.js';

/** How a cluster is made. */
export interface ClusterSettings {
  readonly programs: Programs;
  /** First three octets of the range of Pods, Node and test process, such as `10.213.7`. */
  readonly prefix: string;
  readonly nodes: readonly string[];
  readonly images: ImageMap;
  readonly timing: AgentTiming;
  /** Arguments added to the API server's own, such as feature gates. */
  readonly apiServerArguments: readonly string[];
  /** Whether the API server writes down every request. */
  readonly audit: boolean;
}

/** Times a test may shorten. */
export interface AgentTiming {
  /** First back-off between restarts of a container; doubles up to five minutes. A kubelet's is 10 s. */
  readonly restartBackoffMs: number;
  /** Share of a ServiceAccount token's life after which it is replaced. A kubelet's is 0.8. */
  readonly tokenRefreshShare: number;
}

/** Who a kubeconfig is for; groups decide what RBAC grants. */
export interface ClusterUser {
  readonly name: string;
  readonly groups: readonly string[];
}

/** One container of one Pod. */
export interface ContainerAddress {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** What the test process asks for. */
export type Order =
  | { readonly kind: 'start'; readonly settings: ClusterSettings }
  | { readonly kind: 'add-images'; readonly images: ImageMap }
  | { readonly kind: 'write-kubeconfig'; readonly user: ClusterUser }
  | { readonly kind: 'kill-container'; readonly container: ContainerAddress; readonly signal: NodeJS.Signals }
  | { readonly kind: 'stop-node'; readonly node: string }
  | { readonly kind: 'start-node'; readonly node: string }
  | { readonly kind: 'stop-program'; readonly program: ProgramName }
  | { readonly kind: 'start-program'; readonly program: ProgramName }
  | { readonly kind: 'read-usage' };

/** What orders answer, as far as they do; paths are inside the sandbox. */
export interface Answers {
  readonly start: { readonly kubeconfig: string; readonly startedMs: Readonly<Record<string, number>> };
  readonly 'write-kubeconfig': { readonly kubeconfig: string };
  readonly 'read-usage': readonly ProcessUsage[];
}

/** The answer to a kind of order; nothing is known of an answer that matters to nobody. */
export type AnswerTo<Kind extends Order['kind']> = Kind extends keyof Answers ? Answers[Kind] : unknown;

/** Memory and CPU of one process of the cluster. */
export interface ProcessUsage {
  readonly name: string;
  readonly residentMiB: number;
  readonly cpuSeconds: number;
}

/** A numbered order, so that answers may come in any sequence. */
export interface OrderEnvelope {
  readonly id: number;
  readonly order: Order;
}

/** Everything the sandbox says: first a greeting, then answers. */
export type Reply =
  | { readonly kind: 'greeting'; readonly initPid: number }
  | { readonly kind: 'done'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };

/** Where the cluster keeps its files: a tmpfs that only the sandbox mounts. */
export const CLUSTER_FOLDER = '/run/wasmwarden';

/** The API server's audit log, where there is one. */
export const AUDIT_LOG = `${CLUSTER_FOLDER}/logs/audit.log`;
