// The volumes of one Pod: made before its containers start, kept up to date while they run.

import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConfigMapSource, Pod, SecretSource, Volume, VolumeMount } from '../../api/objects.js';
import type { PodFacts } from '../downward-api.js';
import type { ObjectCache } from '../object-cache.js';
import { writeAtomicFolder } from './atomic-folder.js';
import { configMapFiles, DEFAULT_MODE, downwardApiFiles, secretFiles, type VolumeFiles } from './files.js';
import type { PodTokens } from './pod-tokens.js';

/** What volumes are made from. */
export interface VolumeSources {
  readonly folder: string;
  readonly facts: PodFacts;
  readonly objects: ObjectCache;
  readonly tokens: PodTokens;
  /** Called when a volume may have to change. */
  readonly onChange: () => void;
}

/** Makes and updates the volumes of one Pod. */
export class PodVolumes {
  readonly #sources: VolumeSources;
  readonly #written = new Map<string, string>();
  #last: Promise<void> = Promise.resolve();

  constructor(sources: VolumeSources) {
    this.#sources = sources;
  }

  /**
   * Makes every volume hold what it should now; unchanged ones are not touched. Calls take turns.
   *
   * @throws {Error} when an object that is not optional is missing, or a kind of volume is not imitated
   */
  async update(pod: Pod): Promise<void> {
    const turn = this.#last.then(() => this.#updateAll(pod));
    this.#last = turn.catch(() => undefined);
    await turn;
  }

  async #updateAll(pod: Pod): Promise<void> {
    for (const volume of pod.spec.volumes ?? []) {
      try {
        await this.#updateOne(pod, volume);
      } catch (error) {
        throw new Error(`MountVolume.SetUp failed for volume "${volume.name}" : ${error instanceof Error ? error.message : String(error)}`, { cause: error });
      }
    }
  }

  /** The path on the Node behind a mount. */
  pathOf(pod: Pod, mount: VolumeMount): string {
    const volume = pod.spec.volumes?.find(({ name }) => name === mount.name);
    const path = volume?.hostPath?.path ?? this.#folderOf(mount.name);
    return mount.subPath === undefined ? path : join(path, mount.subPath);
  }

  #folderOf(name: string): string {
    return join(this.#sources.folder, 'volumes', name);
  }

  async #updateOne(pod: Pod, volume: Volume): Promise<void> {
    if (volume.hostPath !== undefined) return;
    const folder = this.#folderOf(volume.name);
    if (volume.emptyDir !== undefined) {
      await mkdir(folder, { recursive: true });
      await chmod(folder, 0o777);
      return;
    }
    const files = await this.#files(pod, volume);
    const fingerprint = JSON.stringify([...files].map(([path, { content, mode }]) => [path, content.toString('base64'), mode]));
    if (this.#written.get(volume.name) === fingerprint) return;
    await writeAtomicFolder(folder, files);
    this.#written.set(volume.name, fingerprint);
  }

  async #files(pod: Pod, volume: Volume): Promise<VolumeFiles> {
    const { facts } = this.#sources;
    if (volume.configMap !== undefined) return this.#configMap(pod, volume.configMap, volume.configMap.defaultMode ?? DEFAULT_MODE);
    if (volume.secret !== undefined) return this.#secret(pod, volume.secret, volume.secret.defaultMode ?? DEFAULT_MODE);
    if (volume.downwardAPI !== undefined) return downwardApiFiles(pod, facts, volume.downwardAPI, volume.downwardAPI.defaultMode ?? DEFAULT_MODE);
    if (volume.projected !== undefined) return this.#projected(pod, volume.projected);
    throw new Error(`this kind of volume is not imitated: ${Object.keys(volume).filter((key) => key !== 'name').join(', ')}`);
  }

  async #projected(pod: Pod, { sources, defaultMode }: NonNullable<Volume['projected']>): Promise<VolumeFiles> {
    const mode = defaultMode ?? DEFAULT_MODE;
    const files = new Map<string, { content: Buffer; mode: number }>();
    const add = (more: VolumeFiles): void => more.forEach((file, path) => files.set(path, file));
    for (const { configMap, secret, downwardAPI, serviceAccountToken } of sources ?? []) {
      if (configMap !== undefined) add(await this.#configMap(pod, configMap, mode));
      else if (secret !== undefined) add(await this.#secret(pod, secret, mode));
      else if (downwardAPI !== undefined) add(downwardApiFiles(pod, this.#sources.facts, downwardAPI, mode));
      else if (serviceAccountToken !== undefined) files.set(serviceAccountToken.path, { content: Buffer.from(await this.#sources.tokens.token(pod, serviceAccountToken)), mode });
      else throw new Error('this projected source is not imitated');
    }
    return files;
  }

  async #configMap(pod: Pod, source: ConfigMapSource, mode: number): Promise<VolumeFiles> {
    const object = await this.#sources.objects.read('configmaps', this.#at(pod, source.name), this.#holder(pod));
    if (object !== undefined) return configMapFiles(object, source, mode);
    if (source.optional === true) return new Map();
    throw new Error(`configmap "${source.name ?? ''}" not found`);
  }

  async #secret(pod: Pod, source: SecretSource, mode: number): Promise<VolumeFiles> {
    const name = source.secretName ?? source.name;
    const object = await this.#sources.objects.read('secrets', this.#at(pod, name), this.#holder(pod));
    if (object !== undefined) return secretFiles(object, source, mode);
    if (source.optional === true) return new Map();
    throw new Error(`secret "${name ?? ''}" not found`);
  }

  #at(pod: Pod, name: string | undefined): { namespace: string; name: string } {
    return { namespace: pod.metadata.namespace ?? 'default', name: name ?? '' };
  }

  #holder(pod: Pod): { uid: string; onChange: () => void } {
    return { uid: pod.metadata.uid, onChange: this.#sources.onChange };
  }
}
