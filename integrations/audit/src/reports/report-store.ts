// Reports in the cluster: written one by one, and removed when they are stale. What is in a report, and which are stale, is the
// library's to say.
import { Fault, isFault } from 'wasmwarden';
import { type EndedScan, isStale, managedBy, managedByLabel, type Report, type ReportFormat } from 'wasmwarden/audit';
import type { ClusterClient, CollectionAddress, ObjectAddress } from 'wasmwarden/kubernetes';

import { objectsOf, patiently, type Patience } from '../cluster/patience.js';
import { forEachConcurrently } from '../scan/concurrently.js';

/** Whom `metadata.managedFields` names. */
const fieldManager = 'wasmwarden-audit-scanner';

const ownReports = `${managedByLabel}=${managedBy}`;

/** How often a report is written that comes and goes meanwhile. */
const maxAttempts = 4;

/** Stale reports that are removed at once. */
const parallelRemovals = 8;

export interface ReportStoreOptions {
  readonly client: ClusterClient;
  readonly format: ReportFormat;
  readonly patience: Patience;
}

/** Tells whether something is gone in which reports would be: nothing can be created in a Namespace that is being deleted, and nothing is missed in it. */
export function isNamespaceGone(error: unknown): boolean {
  if (isFault(error, 'KUBERNETES_NOT_FOUND')) return /namespaces ".*" not found/.test(error.message);
  return isFault(error, 'KUBERNETES_FORBIDDEN') && error.message.includes('it is being terminated');
}

/** An API server that has just started may not know roles, tokens or custom resources yet. */
function isStarting(fault: Fault): boolean {
  return isFault(fault, 'KUBERNETES_FORBIDDEN', 'KUBERNETES_UNAUTHORIZED', 'KUBERNETES_NOT_FOUND') && !isNamespaceGone(fault);
}

/** Keeps reports. */
export class ReportStore {
  readonly #client: ClusterClient;
  readonly #format: ReportFormat;
  readonly #patience: Patience;
  /** Whether the last report was not there before: then the next one is likely not to be either, and one request is saved. */
  #creating = false;

  constructor({ client, format, patience }: ReportStoreOptions) {
    this.#client = client;
    this.#format = format;
    this.#patience = patience;
  }

  /**
   * The version of all reports now.
   *
   * @param namespace the only one that may be looked at
   * @throws {Fault} `REPORTS_UNKNOWN` when the cluster has no definition of such reports
   */
  async version(namespace: string | undefined, clusterScoped: boolean): Promise<string> {
    const resource = clusterScoped ? this.#format.cluster : this.#format.namespaced;
    const { signal } = this.#patience;
    try {
      return await patiently(this.#patience, async () => {
        for await (const { resourceVersion } of this.#client.pages({ resource, namespace }, { pageSize: 1, signal })) return resourceVersion;
        return '';
      });
    } catch (error) {
      if (!isFault(error, 'KUBERNETES_NOT_FOUND')) throw error;
      throw new Fault('REPORTS_UNKNOWN', `cannot store reports: the cluster has no custom resource definition of ${resource.plural}.${resource.group}/${resource.version}; install it, or scan with --disable-store`, { cause: error });
    }
  }

  /** Makes a report what is stored for its object. @throws {Fault} what the API server answers */
  write(report: Report): Promise<void> {
    return patiently(this.#patience, () => this.#put(report), isStarting);
  }

  /** Removes the report on an object, if there is one. */
  async remove(address: { readonly uid: string; readonly namespace: string | undefined }): Promise<void> {
    await this.#delete({ ...this.#collection(address.namespace), name: address.uid }, undefined);
  }

  /** Removes the stale reports of one namespace, or of cluster scope, and tells how many. */
  async removeStale(namespace: string | undefined, scan: EndedScan): Promise<number> {
    const collection = this.#collection(namespace);
    let removed = 0;
    await forEachConcurrently(objectsOf(this.#client, collection, { labelSelector: ownReports }, this.#patience), { count: parallelRemovals }, async ({ object }) => {
      if (!isStale(object, scan)) return;
      const { name, uid, resourceVersion } = object.metadata;
      // Somebody may have written it since it was listed.
      if (await this.#delete({ ...collection, name }, { uid, resourceVersion })) removed += 1;
    });
    return removed;
  }

  #collection(namespace: string | undefined): CollectionAddress {
    return namespace === undefined ? { resource: this.#format.cluster } : { resource: this.#format.namespaced, namespace };
  }

  async #put(report: Report): Promise<void> {
    // Whether it is there can change at any time: another scan writes it, or the object goes and its report with it.
    for (let attempt = 1; ; attempt += 1) {
      const creating = this.#creating;
      try {
        await (creating ? this.#create(report) : this.#change(report));
        return;
      } catch (error) {
        const otherwise = creating ? isFault(error, 'KUBERNETES_ALREADY_EXISTS') : isFault(error, 'KUBERNETES_NOT_FOUND');
        if (!otherwise || attempt === maxAttempts) throw error;
        this.#creating = !creating;
      }
    }
  }

  #create(report: Report): Promise<unknown> {
    return this.#client.create(this.#collection(report.metadata.namespace), report, this.#writing());
  }

  #change(report: Report): Promise<unknown> {
    const { metadata: { labels, ownerReferences }, ...content } = report;
    return this.#client.patch(this.#address(report), { kind: 'merge', patch: { ...content, metadata: { labels, ownerReferences } } }, this.#writing());
  }

  #address({ metadata }: Report): ObjectAddress {
    return { ...this.#collection(metadata.namespace), name: metadata.name };
  }

  #writing(): { readonly fieldManager: string; readonly signal: AbortSignal } {
    return { fieldManager, signal: this.#patience.signal };
  }

  /** Tells whether the report was there, as it was expected to be. */
  async #delete(address: ObjectAddress, preconditions: { readonly uid: string | undefined; readonly resourceVersion: string | undefined } | undefined): Promise<boolean> {
    try {
      await patiently(this.#patience, () => this.#client.delete(address, { preconditions, signal: this.#patience.signal }));
      return true;
    } catch (error) {
      if (isFault(error, 'KUBERNETES_NOT_FOUND', 'KUBERNETES_CONFLICT')) return false;
      throw error;
    }
  }
}
