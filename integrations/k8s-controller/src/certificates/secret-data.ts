// Data of Secrets: base64 on the wire, text here.
import { z } from 'zod';

import type { SeenObject } from '../world/kubernetes-object.js';

const dataSchema = z.record(z.string(), z.string()).catch({});

/** The value of a key; undefined when there is no Secret or no such key. */
export function secretText(secret: SeenObject | undefined, key: string): string | undefined {
  const value = secret === undefined ? undefined : dataSchema.parse(secret['data'])[key];
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

/** Texts as the data of a Secret. */
export function secretData(texts: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(texts).flatMap(([key, text]) => (text === undefined ? [] : [[key, Buffer.from(text, 'utf8').toString('base64')]])));
}
