// Webhook configurations as they are: where they point, and whom they trust.
import { z } from 'zod';

import { certificatesOf } from '../certificates/bundle.js';
import { serverNameOf } from '../desired/names.js';
import type { SeenObject } from './kubernetes-object.js';

const entrySchema = z.object({
  clientConfig: z.object({ caBundle: z.string().default(''), service: z.object({ namespace: z.string(), name: z.string() }).optional() }).default({ caBundle: '' }),
});
const entriesSchema = z.array(entrySchema).catch([]);

/** The PolicyServer that a configuration points to; undefined when it points elsewhere. */
export function pointsTo({ webhooks }: SeenObject): string | undefined {
  const [first] = entriesSchema.parse(webhooks);
  return serverNameOf(first?.clientConfig.service?.name ?? '');
}

/** The certificates that the webhooks of a configuration trust, as PEM; of several webhooks, those that all of them trust. */
export function trustedBy({ webhooks }: SeenObject): readonly string[] {
  const bundles = entriesSchema.parse(webhooks).map(({ clientConfig }) => certificatesOf(Buffer.from(clientConfig.caBundle, 'base64').toString('utf8')));
  const [first = []] = bundles;
  return first.filter((pem) => bundles.every((bundle) => bundle.includes(pem)));
}
