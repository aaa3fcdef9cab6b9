// What the files of a volume hold. PURE: objects in, files out.

import type { ConfigMap, ConfigMapSource, DownwardApiSource, KeyToPath, Pod, Secret } from '../../api/objects.js';
import { fieldText, resourceText, type PodFacts } from '../downward-api.js';

/** One file of a volume. */
export interface VolumeFile {
  readonly content: Buffer;
  readonly mode: number;
}

/** Files of a volume by relative path. */
export type VolumeFiles = ReadonlyMap<string, VolumeFile>;

/** Mode of files that name none, as the API server's defaults. */
export const DEFAULT_MODE = 0o644;

/** Files of a ConfigMap: every key, or the listed ones. */
export function configMapFiles(object: ConfigMap, source: ConfigMapSource, defaultMode: number): VolumeFiles {
  const values = new Map<string, Buffer>();
  for (const [key, text] of Object.entries(object.data ?? {})) values.set(key, Buffer.from(text));
  for (const [key, base64] of Object.entries(object.binaryData ?? {})) values.set(key, Buffer.from(base64, 'base64'));
  return chosen(values, source, defaultMode);
}

/** Files of a Secret: every key, or the listed ones. */
export function secretFiles(object: Secret, source: ConfigMapSource, defaultMode: number): VolumeFiles {
  const values = new Map(Object.entries(object.data ?? {}).map(([key, base64]) => [key, Buffer.from(base64, 'base64')]));
  return chosen(values, source, defaultMode);
}

/** Files of Pod fields. */
export function downwardApiFiles(pod: Pod, facts: PodFacts, source: DownwardApiSource, defaultMode: number): VolumeFiles {
  const files = new Map<string, VolumeFile>();
  for (const { path, mode, fieldRef, resourceFieldRef } of source.items ?? []) {
    const text = fieldRef === undefined ? '' : fieldText(pod, facts, fieldRef.fieldPath);
    const amount = resourceFieldRef === undefined ? '' : resourceText(pod.spec.containers, undefined, resourceFieldRef);
    files.set(path, { content: Buffer.from(text + amount), mode: mode ?? defaultMode });
  }
  return files;
}

function chosen(values: ReadonlyMap<string, Buffer>, source: ConfigMapSource, defaultMode: number): VolumeFiles {
  const wanted: readonly KeyToPath[] = source.items ?? [...values.keys()].map((key) => ({ key, path: key }));
  const files = new Map<string, VolumeFile>();
  for (const { key, path, mode } of wanted) {
    const content = values.get(key);
    if (content !== undefined) files.set(path, { content, mode: mode ?? defaultMode });
    else if (source.optional !== true) throw new Error(`references non-existent config key: ${key}`);
  }
  return files;
}
