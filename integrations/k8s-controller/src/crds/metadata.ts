// The part of an object's metadata that the controller reads; the rest stays in the object.
import { z } from 'zod';

const ownerReference = z.object({ apiVersion: z.string(), kind: z.string(), name: z.string(), uid: z.string() });

/** Reads metadata as an API server sends it. */
export const metadataSchema = z.object({
  name: z.string().default(''),
  namespace: z.string().optional(),
  uid: z.string().default(''),
  generation: z.int().optional(),
  resourceVersion: z.string().optional(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  finalizers: z.array(z.string()).default([]),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
  ownerReferences: z.array(ownerReference).default([]),
});

/** Metadata of an object. */
export type Metadata = z.infer<typeof metadataSchema>;

/** Whether somebody asked for the object's deletion. */
export function isTerminating({ deletionTimestamp }: Pick<Metadata, 'deletionTimestamp'>): boolean {
  return deletionTimestamp !== undefined;
}
