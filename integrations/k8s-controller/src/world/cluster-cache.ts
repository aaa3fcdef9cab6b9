// Keeps what the controller looks at as it is in the cluster: one list and watch per collection. What an object means is said elsewhere.
import { setMaxListeners } from 'node:events';

import { byLabel, ObjectStore, Reflector, type ApiObject, type Change, type ClusterClient, type Indexes, type ReflectorEvent, type Selection } from 'wasmwarden/kubernetes';

import { policyKinds } from '../crds/group.js';
import { policyServerLabel } from '../desired/labels.js';
import { policyId, secretNames, serverNameOf } from '../desired/names.js';
import { identityOfObject, isPolicyKind, serverOfPolicy } from './keys.js';
import type { SeenObject } from './kubernetes-object.js';
import { resources, type KnownKind } from './resources.js';

/** Kinds that are kept. */
export const watchedKinds = [
  'PolicyServer',
  'ClusterAdmissionPolicy',
  'AdmissionPolicy',
  'ConfigMap',
  'Deployment',
  'EndpointSlice',
  'HorizontalPodAutoscaler',
  'MutatingWebhookConfiguration',
  'Pod',
  'PodDisruptionBudget',
  'ReplicaSet',
  'Secret',
  'Service',
  'ValidatingWebhookConfiguration',
] as const satisfies readonly KnownKind[];

/** A kind that is kept. */
export type WatchedKind = (typeof watchedKinds)[number];

/** Kinds of which only what belongs to a policy-server is asked for. */
const labelled: readonly WatchedKind[] = ['ConfigMap', 'Deployment', 'EndpointSlice', 'Pod', 'PodDisruptionBudget', 'ReplicaSet', 'Service'];

/** A change of an object that is kept. */
export type SeenChange = Change<ApiObject>;

/** What a cache needs. */
export interface ClusterCacheOptions {
  readonly client: ClusterClient;
  /** Namespaced kinds other than our own are looked at in this namespace only. */
  readonly namespace: string;
  readonly onChange: (change: SeenChange) => void;
  readonly onEvent: (kind: WatchedKind, event: ReflectorEvent) => void;
}

type Store = ObjectStore<ApiObject, IndexName>;

/** What objects are found by. */
type IndexName = 'server' | 'boundTo' | 'policyId';

const indexes: Indexes<ApiObject, IndexName> = {
  /** Objects of a policy-server by the PolicyServer's name. */
  server: byLabel(policyServerLabel),
  /** Policies by the PolicyServer that they name. */
  boundTo: (object) => (isPolicyKind(object.kind) ? [serverOfPolicy(object)] : []),
  /** Policies by their id. */
  policyId: (object) => (isPolicyKind(object.kind) ? [policyId(identityOfObject(object))] : []),
};

/** The objects of the cluster that the controller looks at. */
export class ClusterCache {
  readonly #options: ClusterCacheOptions;
  readonly #stores: Readonly<Record<WatchedKind, Store>>;

  constructor(options: ClusterCacheOptions) {
    this.#options = options;
    this.#stores = Object.fromEntries(watchedKinds.map((kind) => [kind, new ObjectStore<ApiObject, IndexName>(indexes)])) as Record<WatchedKind, Store>;
  }

  /**
   * Starts to follow the cluster.
   *
   * @returns `synced`: everything that was there has been seen (false when stopped before); `ended`: settles when the signal fired
   */
  start(signal: AbortSignal): { readonly synced: Promise<boolean>; readonly ended: Promise<void> } {
    // One listener each, and a little room: Node takes more than ten for a leak.
    setMaxListeners(4 * watchedKinds.length, signal);
    const reflectors = watchedKinds.map((kind) => this.#reflector(kind));
    const ended = Promise.all(reflectors.map((reflector) => reflector.run(signal))).then(() => undefined);
    const synced = Promise.all(reflectors.map((reflector) => reflector.synced)).then((each) => each.every(Boolean));
    return { synced, ended };
  }

  /** All objects of a kind. */
  all(kind: WatchedKind): readonly ApiObject[] {
    return [...this.#stores[kind].values()];
  }

  /** The objects of a kind that carry a server's label. */
  ofServer(kind: WatchedKind, server: string): readonly ApiObject[] {
    return this.#stores[kind].found('server', server);
  }

  /** The policies that name a PolicyServer. */
  boundTo(server: string): readonly ApiObject[] {
    return policyKinds.flatMap((kind) => this.#stores[kind].found('boundTo', server));
  }

  /** The policies whose id is the text. */
  withPolicyId(id: string): readonly ApiObject[] {
    return policyKinds.flatMap((kind) => this.#stores[kind].found('policyId', id));
  }

  /** One object; `namespace` for kinds that have one. */
  find(kind: WatchedKind, name: string, namespace?: string): ApiObject | undefined {
    return this.#stores[kind].get(namespace === undefined ? name : `${namespace}/${name}`);
  }

  #reflector(kind: WatchedKind): Reflector<ApiObject, IndexName> {
    const { client, namespace, onChange, onEvent } = this.#options;
    const resource = resources[kind];
    const own = kind === 'PolicyServer' || kind === 'ClusterAdmissionPolicy' || kind === 'AdmissionPolicy';
    const selection: Selection = labelled.includes(kind) ? { labelSelector: policyServerLabel } : {};
    return new Reflector({
      client,
      collection: { resource, ...(resource.namespaced && !own ? { namespace } : {}) },
      selection,
      store: this.#stores[kind],
      trim: trims[kind] ?? withoutManagers,
      onChange,
      onEvent: (event) => onEvent(kind, event),
    });
  }
}

/** What is kept of an object, where it is not all but the managers. */
const trims: Partial<Readonly<Record<WatchedKind, (object: ApiObject) => ApiObject>>> = {
  Deployment: (object) => object,
  Service: (object) => object,
  Secret: (object) => (isOwnSecret(object.metadata.name) ? withoutManagers(object) : withoutData(object)),
};

/** Who set which field is half of an object's size, and matters only for objects that may lose what they had. */
function withoutManagers(object: ApiObject): ApiObject {
  const metadata = Object.fromEntries(Object.entries(object.metadata).filter(([field]) => field !== 'managedFields'));
  return { ...object, metadata: { ...metadata, name: object.metadata.name } };
}

/** Of strangers' Secrets the type is all that is asked about. */
function withoutData({ apiVersion, kind, metadata, type = '' }: ApiObject): ApiObject {
  return withoutManagers({ apiVersion, kind, metadata, type });
}

function isOwnSecret(name: string): boolean {
  return Object.values<string>(secretNames).includes(name) || serverNameOf(name) !== undefined;
}

/** Objects of a change: as it is, as it was. */
export function objectsOf(change: SeenChange): readonly SeenObject[] {
  switch (change.kind) {
    case 'added':
      return [change.object];
    case 'modified':
      return [change.object, change.previous];
    case 'deleted':
      return [change.previous];
  }
}
