// Does in the cluster what plans say, and nothing else.
import { isFault } from 'wasmwarden';
import type { ApiObject, ClusterClient, ObjectAddress } from 'wasmwarden/kubernetes';

import { mintAuthority, mintLeaf } from '../certificates/authority.js';
import { secretData } from '../certificates/secret-data.js';
import { authorityData } from '../certificates/secrets.js';
import { fieldManager } from '../desired/field-manager.js';
import type { Action, Precondition } from '../plan/actions.js';
import type { Manifest, ObjectReference, WantedMetadata } from '../world/kubernetes-object.js';
import { referenceTo } from '../world/kubernetes-object.js';
import { resourceOf } from '../world/resources.js';

/** The part of the client that writes. */
export type WritingClient = Pick<ClusterClient, 'apply' | 'create' | 'delete' | 'patch'>;

/** Writes to the cluster. */
export class ClusterWriter {
  readonly #client: WritingClient;
  readonly #nowMs: () => number;

  /** @param nowMs milliseconds since 1970 */
  constructor(client: WritingClient, nowMs: () => number) {
    this.#client = client;
    this.#nowMs = nowMs;
  }

  /**
   * Performs one action. What is gone already need not be deleted.
   *
   * @throws {Fault} `KUBERNETES_*`
   */
  async perform(action: Action): Promise<void> {
    switch (action.kind) {
      case 'apply':
        await this.#apply(action.object);
        return;
      case 'replace-fields':
        await this.#replaceFields(action.reference, action.fields, action.precondition);
        return;
      case 'adopt':
        await this.#adopt(action.reference, action.place, action.precondition);
        return;
      case 'delete':
        await this.#delete(action.reference, action.precondition);
        return;
      case 'mint':
        await this.#storeSecret(action.secret, keyPairData(await mintLeaf(action.authority, action.subject, this.#nowMs())), action.precondition);
        return;
      case 'mint-authority':
        await this.#storeAuthority(action.secret, action.previous, action.precondition);
        return;
      case 'set-metadata':
        await this.#mergeMetadata(action.reference, action.metadata, action.precondition);
        return;
      case 'set-finalizers':
        await this.#mergeMetadata(action.reference, { finalizers: action.finalizers }, action.precondition);
        return;
    }
  }

  /**
   * Writes the status of an object, as long as it is the one that was seen: what is said rests on it.
   *
   * @returns the version that the object has now; that of before when the status was the same
   */
  async writeStatus(reference: ObjectReference, { uid, resourceVersion }: Precondition, status: object): Promise<string | undefined> {
    const { metadata } = await this.#client.patch(addressOf(reference), { kind: 'merge', patch: { metadata: { uid, resourceVersion }, status } }, { subresource: 'status', fieldManager });
    return metadata.resourceVersion;
  }

  async #apply(object: Manifest): Promise<ApiObject> {
    return this.#client.apply(addressOf(referenceTo(object)), object, { fieldManager, force: true });
  }

  async #storeAuthority(secret: WantedMetadata, previous: string | undefined, precondition: Precondition | undefined): Promise<void> {
    const data = authorityData({ ...(await mintAuthority(this.#nowMs())), previous });
    // Applied, the certificate of an authority before the last would stay where another manager had put it.
    if (precondition === undefined) await this.#storeSecret(secret, data, undefined);
    else await this.#replaceFields(referenceTo(secretManifest(secret, data)), { data }, precondition);
  }

  /** What is decided about a Secret holds for the version that was seen: two decisions on the same one must not both succeed. */
  async #storeSecret(secret: WantedMetadata, data: Readonly<Record<string, string>>, precondition: Precondition | undefined): Promise<void> {
    const object = secretManifest(secret, data);
    if (precondition === undefined) await this.#client.create({ resource: resourceOf('Secret'), namespace: secret.namespace }, object, { fieldManager });
    else await this.#client.apply(addressOf(referenceTo(object)), { ...object, metadata: { ...object.metadata, resourceVersion: precondition.resourceVersion } }, { fieldManager, force: true });
  }

  async #replaceFields(reference: ObjectReference, fields: Readonly<Record<string, unknown>>, { resourceVersion }: Precondition): Promise<void> {
    const patch = [
      // Not by `test`: its failure would be told as an invalid request, and an object that has changed is a conflict.
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ...Object.entries(fields).map(([field, value]) => ({ op: 'add', path: `/${field}`, value })),
    ];
    await this.#client.patch(addressOf(reference), { kind: 'json', patch }, { fieldManager });
  }

  async #adopt(reference: ObjectReference, place: number, { resourceVersion }: Precondition): Promise<void> {
    const manager = `/metadata/managedFields/${place}`;
    const patch = [
      { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      { op: 'replace', path: `${manager}/manager`, value: fieldManager },
      { op: 'replace', path: `${manager}/operation`, value: 'Apply' },
    ];
    await this.#client.patch(addressOf(reference), { kind: 'json', patch }, { fieldManager });
  }

  async #delete(reference: ObjectReference, { uid }: Precondition): Promise<void> {
    try {
      await this.#client.delete(addressOf(reference), { preconditions: { uid }, propagationPolicy: 'Background' });
    } catch (thrown) {
      if (!isFault(thrown, 'KUBERNETES_NOT_FOUND')) throw thrown;
    }
  }

  async #mergeMetadata(reference: ObjectReference, metadata: object, { uid, resourceVersion }: Precondition): Promise<void> {
    await this.#client.patch(addressOf(reference), { kind: 'merge', patch: { metadata: { ...metadata, uid, resourceVersion } } }, { fieldManager });
  }
}

function addressOf({ kind, name, namespace }: ObjectReference): ObjectAddress {
  return { resource: resourceOf(kind), name, ...(namespace === undefined ? {} : { namespace }) };
}

function secretManifest(metadata: WantedMetadata, data: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', data };
}

function keyPairData({ certificate, key }: { readonly certificate: string; readonly key: string }): Readonly<Record<string, string>> {
  return secretData({ 'tls.crt': certificate, 'tls.key': key });
}
