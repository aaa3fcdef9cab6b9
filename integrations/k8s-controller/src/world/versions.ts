// The versions of a policy-server's configuration that are stored: what each says of every policy, read from its ConfigMap.
import { z } from 'zod';

import { canonicalJson } from '../desired/canonical-json.js';
import { isConfigHash, type ConfigHash } from '../desired/config-hash.js';
import { configVersionLabel } from '../desired/labels.js';
import type { SeenObject } from './kubernetes-object.js';

/** The entries of one version by policy id, as canonical JSON. */
export type EntryTexts = ReadonlyMap<string, string>;

/** Stored versions. */
export type Versions = ReadonlyMap<ConfigHash, EntryTexts>;

const entries = z.record(z.string(), z.unknown());
const modeSchema = z.object({ policyMode: z.enum(['protect', 'monitor']) });

/** Reading is costly and the same object is read for each of its policies. An object that changes is another object. */
const read = new WeakMap<SeenObject, EntryTexts>();

/** The version that a ConfigMap holds; undefined when it is another ConfigMap. */
export function versionOf({ metadata }: SeenObject): ConfigHash | undefined {
  const version = metadata.labels?.[configVersionLabel];
  return version !== undefined && isConfigHash(version) ? version : undefined;
}

/** The versions that ConfigMaps hold. */
export function readVersions(configMaps: readonly SeenObject[]): Versions {
  return new Map(
    configMaps.flatMap((configMap): [ConfigHash, EntryTexts][] => {
      const version = versionOf(configMap);
      return version === undefined ? [] : [[version, entryTexts(configMap)]];
    }),
  );
}

/** The mode that an entry names. */
export function modeOf(entryText: string): 'protect' | 'monitor' | undefined {
  const parsed = modeSchema.safeParse(JSON.parse(entryText));
  return parsed.success ? parsed.data.policyMode : undefined;
}

function entryTexts(configMap: SeenObject): EntryTexts {
  const known = read.get(configMap);
  if (known !== undefined) return known;
  const texts = new Map(Object.entries(parsed(configMap)).map(([id, entry]) => [id, canonicalJson(entry)]));
  read.set(configMap, texts);
  return texts;
}

/** What cannot be read names no policy. */
function parsed({ data }: SeenObject): Readonly<Record<string, unknown>> {
  const text = z.object({ 'policies.yml': z.string() }).safeParse(data);
  if (!text.success) return {};
  try {
    return entries.catch({}).parse(JSON.parse(text.data['policies.yml']));
  } catch {
    return {};
  }
}
