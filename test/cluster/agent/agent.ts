// The node agent: a Node of the cluster whose containers are processes of this machine.
//
// It plays kubelet for the Pods bound to its Node; one PodWorker per Pod does the work.

import type { Server } from 'node:https';
import { join } from 'node:path';
import { ApiClient, type Credentials } from '../api/client.js';
import type { Pod } from '../api/objects.js';
import { watchCollection, type Change } from '../api/watch.js';
import { CLUSTER_FOLDER, type AgentTiming, type ContainerAddress } from '../sandbox/messages.js';
import { API_SERVICE_ADDRESS } from '../services/service-range.js';
import { keepLease, registerNode } from './heartbeat.js';
import type { Image } from './image.js';
import { startNodeServer, type ContainerLog, type LogAddress } from './node-server.js';
import { ObjectCache } from './object-cache.js';
import type { PodNetwork } from './pod-network.js';
import { PodWorker, type PodSurroundings } from './pod-worker.js';
import { confirmDeletion, type WriteGate } from './status-writer.js';

/** What makes a Node. */
export interface AgentSettings {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly credentials: Credentials;
  readonly serving: { readonly certificate: string; readonly key: string };
  /** Authority of those who may ask the Node's server, PEM. */
  readonly clientAuthority: string;
  readonly network: PodNetwork;
  readonly images: ReadonlyMap<string, Image>;
  readonly timing: AgentTiming;
}

/** Runs the Pods of one Node. */
export class NodeAgent {
  readonly #settings: AgentSettings;
  readonly #client: ApiClient;
  readonly #surroundings: PodSurroundings;
  readonly #workers = new Map<string, PodWorker>();
  readonly #gate = new PausableGate();
  #server: Server | undefined;
  #running: { stop: AbortController; done: Promise<unknown> } | undefined;

  constructor(settings: AgentSettings) {
    this.#settings = settings;
    this.#client = new ApiClient(settings.credentials);
    this.#surroundings = {
      node: { name: settings.name, address: settings.address },
      client: this.#client,
      network: settings.network,
      images: settings.images,
      objects: new ObjectCache(this.#client),
      gate: this.#gate,
      clusterEnvironment: { KUBERNETES_SERVICE_HOST: API_SERVICE_ADDRESS, KUBERNETES_SERVICE_PORT: '443', KUBERNETES_SERVICE_PORT_HTTPS: '443' },
      restartBackoffMs: settings.timing.restartBackoffMs,
      tokenRefreshShare: settings.timing.tokenRefreshShare,
      folder: join(CLUSTER_FOLDER, 'pods'),
    };
  }

  /** Registers the Node and takes up its Pods; after a stop it goes on with those that still run. */
  async start(): Promise<void> {
    if (this.#running !== undefined) return;
    const { name, address, port, serving, clientAuthority } = this.#settings;
    const stop = new AbortController();
    const { gitVersion } = await this.#client.get<{ gitVersion: string }>('/version');
    const node = await registerNode(this.#client, { name, address, port, version: gitVersion });
    this.#server = await startNodeServer(address, port, { ...serving, clientAuthority }, (log) => this.#findLog(log));
    this.#gate.allow();
    const pods = watchCollection<Pod>({
      client: this.#client,
      path: '/api/v1/pods',
      query: `fieldSelector=spec.nodeName%3D${name}`,
      signal: stop.signal,
      onChange: (change) => this.#take(change),
    });
    this.#running = { stop, done: Promise.all([pods, keepLease(this.#client, node, stop.signal)]) };
  }

  /** Falls silent as a kubelet that stopped: no Lease, no status, no news taken; containers go on. */
  async stop(): Promise<void> {
    this.#gate.forbid();
    this.#running?.stop.abort();
    await this.#running?.done;
    this.#running = undefined;
    this.#server?.closeAllConnections();
    this.#server?.close();
    this.#server = undefined;
  }

  /** Signals a container of a Pod of this Node; false when it does not run here. */
  killContainer(address: ContainerAddress, signal: NodeJS.Signals): boolean {
    return this.#worker(address.namespace, address.pod)?.kill(address.container, signal) ?? false;
  }

  #take({ kind, object }: Change<Pod>): void {
    const { uid } = object.metadata;
    const worker = this.#workers.get(uid);
    if (kind === 'gone') {
      // Removed by force: nobody waits for its containers any more.
      void worker?.remove(0).then(() => this.#workers.delete(uid));
    } else if (worker !== undefined) {
      worker.update(object);
    } else if (object.status?.phase === 'Succeeded' || object.status?.phase === 'Failed') {
      // Ended before this agent knew of it, so there is nothing to stop.
      if (object.metadata.deletionTimestamp !== undefined) void confirmDeletion(this.#client, this.#gate, object);
    } else {
      const fresh = new PodWorker(object, this.#surroundings);
      this.#workers.set(uid, fresh);
      if (object.metadata.deletionTimestamp !== undefined) fresh.update(object);
    }
  }

  #worker(namespace: string, name: string): PodWorker | undefined {
    return [...this.#workers.values()].find(({ pod }) => pod.metadata.namespace === namespace && pod.metadata.name === name);
  }

  #findLog({ namespace, pod, container, previous }: LogAddress): ContainerLog | undefined {
    return this.#worker(namespace, pod)?.log(container, previous);
  }
}

/** Holds back writers while the Node is stopped. */
class PausableGate implements WriteGate {
  #allowed = Promise.resolve();
  #allow: (() => void) | undefined;

  open(): Promise<void> {
    return this.#allowed;
  }

  forbid(): void {
    if (this.#allow === undefined) this.#allowed = new Promise((resolve) => (this.#allow = resolve));
  }

  allow(): void {
    this.#allow?.();
    this.#allow = undefined;
    this.#allowed = Promise.resolve();
  }
}
