// Tells of what happened by Events, which anybody sees who may see the object. An Event that cannot be written is a lost line, no failure.
import { randomUUID } from 'node:crypto';

import type { ClusterClient } from 'wasmwarden/kubernetes';

import { fieldManager } from '../desired/field-manager.js';
import type { Transition } from '../status/transitions.js';
import type { ObjectReference } from '../world/kubernetes-object.js';
import { resourceOf } from '../world/resources.js';

/** Kubernetes' limit of an Event's message, in characters. */
const maxMessageLength = 1024;

/** Where Events about objects without a namespace belong. */
const defaultNamespace = 'default';

/** What an Event is about. */
export type Regarding = ObjectReference & { readonly uid: string };

/** Writes Events. */
export class EventRecorder {
  readonly #client: Pick<ClusterClient, 'create'>;
  readonly #instance: string;
  readonly #now: () => string;
  readonly #onError: (error: unknown) => void;

  /** @param now RFC 3339, whole seconds */
  constructor(client: Pick<ClusterClient, 'create'>, instance: string, now: () => string, onError: (error: unknown) => void) {
    this.#client = client;
    this.#instance = instance;
    this.#now = now;
    this.#onError = onError;
  }

  /** Tells of something. Nobody waits for it. */
  record({ apiVersion, kind, name, namespace, uid }: Regarding, { type, reason, message }: Transition): void {
    const home = namespace ?? defaultNamespace;
    const now = this.#now();
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: `${name}.${randomUUID()}`, namespace: home },
      involvedObject: { apiVersion, kind, name, uid, ...(namespace === undefined ? {} : { namespace }) },
      type,
      reason,
      message: message.length > maxMessageLength ? `${message.slice(0, maxMessageLength - 1)}…` : message,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
      source: { component: fieldManager },
      reportingComponent: fieldManager,
      reportingInstance: this.#instance,
    };
    this.#client.create({ resource: resourceOf('Event'), namespace: home }, event, { fieldManager }).catch(this.#onError);
  }
}
