// Webhook configurations as they are: where they point, and whom they trust.
import { z } from 'zod';

import { certificatesOf } from '../certificates/bundle.js';
import { serverNameOf } from '../desired/names.js';
import type { SeenObject } from './kubernetes-object.js';

const entrySchema = z.object({
  clientConfig: z.object({ caBundle: z.string().default(''), service: z.object({ namespace: z.string(), name: z.string() }).optional() }).default({ caBundle: '' }),
});
const entriesSchema = z.array(entrySchema).catch([]);

/** What is read of a configuration. */
interface SeenConfiguration {
  readonly pointsTo: string | undefined;
  readonly trusted: readonly string[];
}

/** Each configuration is looked at for every other one. An object that changes is another object. */
const readConfigurations = new WeakMap<SeenObject, SeenConfiguration>();

/** The PolicyServer that a configuration points to; undefined when it points elsewhere. */
export function pointsTo(object: SeenObject): string | undefined {
  return readOnce(object).pointsTo;
}

/** The certificates that the webhooks of a configuration trust, as PEM; of several webhooks, those that all of them trust. */
export function trustedBy(object: SeenObject): readonly string[] {
  return readOnce(object).trusted;
}

function readOnce(object: SeenObject): SeenConfiguration {
  const known = readConfigurations.get(object);
  if (known !== undefined) return known;
  const entries = entriesSchema.parse(object['webhooks']);
  const bundles = entries.map(({ clientConfig }) => certificatesOf(Buffer.from(clientConfig.caBundle, 'base64').toString('utf8')));
  const [first = []] = bundles;
  const read = { pointsTo: serverNameOf(entries[0]?.clientConfig.service?.name ?? ''), trusted: first.filter((pem) => bundles.every((bundle) => bundle.includes(pem))) };
  readConfigurations.set(object, read);
  return read;
}
