// The client: every operation on one API server under one name. One request, one answer: trying again is for whoever
// knows what the request was for (reflector.ts, work-queue.ts).
import type { JsonValue } from '../json/json-value.js';
import type { ApiObject, ObjectList } from './api-object.js';
import type { ConnectionSource } from './connection.js';
import { type ExactListOptions, type ExactObject, type ExactPage, getExact, listExact } from './exact-objects.js';
import { createHttpsTransport } from './https-transport.js';
import * as objects from './objects.js';
import { listAll, type ListOptions, type ListPage, listPages } from './pages.js';
import type { WriteOptions } from './query.js';
import { ResourceCatalogue } from './resource-catalogue.js';
import type { CollectionAddress, ObjectAddress } from './resource.js';
import { type CallOptions, Rest, type RestRequest, type RestSettings } from './rest.js';
import { type SteadyClock, steadyClock } from './steady-clock.js';
import type { ClusterTransport } from './transport.js';
import { watchCollection, type WatchEvent, type WatchOptions } from './watch.js';

export interface ClientOptions extends Partial<RestSettings> {
  readonly transport?: ClusterTransport;
  readonly clock?: SteadyClock;
}

const defaults: RestSettings = {
  // The API server gives up after 60 s.
  timeoutMs: 65_000,
  // A reflector's watch ends after 90 s at most.
  silenceMs: 120_000,
  // An object has up to 1.5 MiB in the storage; a page of 500 ordinary ones has less than this.
  maxAnswerBytes: 32 * 1024 * 1024,
  userAgent: 'wasmwarden',
};

/**
 * A client of one API server.
 *
 * All methods throw `Fault`s with `KUBERNETES_*` codes, whose `retryable` tells whether the same call may succeed later;
 * `context` holds the `reason` and `message` of the server's Status, and `retryAfterMs` where it asks for a pause.
 */
export class ClusterClient {
  readonly resources: ResourceCatalogue;
  readonly #rest: Rest;
  readonly #transport: ClusterTransport;

  constructor(source: ConnectionSource, { transport = createHttpsTransport(), clock = steadyClock, ...settings }: ClientOptions = {}) {
    this.#transport = transport;
    this.#rest = new Rest(source, transport, { ...defaults, ...settings });
    this.resources = new ResourceCatalogue(this.#rest, clock.steadyMs);
  }

  get(address: ObjectAddress, options?: objects.ReadOptions): Promise<ApiObject> {
    return objects.getObject(this.#rest, address, options);
  }

  list(address: CollectionAddress, options?: ListOptions): Promise<ObjectList> {
    return listAll(this.#rest, address, options);
  }

  /** The pages of a collection as they come; see `ListPage.first`. */
  pages(address: CollectionAddress, options?: ListOptions): AsyncGenerator<ListPage> {
    return listPages(this.#rest, address, options);
  }

  /** The pages of a collection with every object's JSON as the API server wrote it; each may show a later moment than the one before. */
  exactPages(address: CollectionAddress, options?: ExactListOptions): AsyncGenerator<ExactPage> {
    return listExact(this.#rest, address, options);
  }

  /** One object with its JSON as the API server wrote it. */
  getExact(address: ObjectAddress, options?: objects.ReadOptions): Promise<ExactObject> {
    return getExact(this.#rest, address, options);
  }

  watch(address: CollectionAddress, options: WatchOptions): AsyncGenerator<WatchEvent> {
    return watchCollection(this.#rest, address, options);
  }

  create(address: CollectionAddress, object: object, options?: WriteOptions & CallOptions): Promise<ApiObject> {
    return objects.createObject(this.#rest, address, object, options);
  }

  replace(address: ObjectAddress, object: object, options?: objects.ChangeOptions): Promise<ApiObject> {
    return objects.replaceObject(this.#rest, address, object, options);
  }

  patch(address: ObjectAddress, patch: objects.ObjectPatch, options?: objects.ChangeOptions): Promise<ApiObject> {
    return objects.patchObject(this.#rest, address, patch, options);
  }

  /** Server-side apply. */
  apply(address: ObjectAddress, object: object, options: objects.ApplyCallOptions): Promise<ApiObject> {
    return objects.applyObject(this.#rest, address, object, options);
  }

  delete(address: ObjectAddress, options?: objects.DeleteCallOptions): Promise<void> {
    return objects.deleteObject(this.#rest, address, options);
  }

  /** Any other request, such as `/version` or a review, with its JSON as it is. */
  request(request: RestRequest, options?: CallOptions): Promise<JsonValue> {
    return this.#rest.json(request, options);
  }

  /** The answer to any request as bytes: what the API server wrote, with no number rounded. */
  requestBytes(request: RestRequest, options?: CallOptions): Promise<Uint8Array> {
    return this.#rest.bytes(request, options);
  }

  /** Ends every connection; what is under way fails. */
  close(): void {
    this.#transport.close();
  }
}
