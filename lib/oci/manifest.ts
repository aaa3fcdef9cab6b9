// Manifests and indexes, OCI's and Docker's alike (https://github.com/opencontainers/image-spec). Pure: bytes to shapes.
// Unknown fields are kept, and the bytes are never written anew: a digest is of bytes.
import { z } from 'zod';

import { isDigest } from './digest.js';
import { ociFault } from './oci-fault.js';

/** Media types of everything a reference may point to. */
export const mediaTypes = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
} as const;

/** The `Accept` header of every manifest request. */
export const manifestAccept = Object.values(mediaTypes).join(', ');

const digestSchema = z.string().refine(isDigest, 'expected a sha256 or sha512 digest');
const annotationsSchema = z.record(z.string(), z.string()).nullish();
const descriptorFields = { mediaType: z.string(), digest: digestSchema, size: z.int().min(0), artifactType: z.string().nullish(), annotations: annotationsSchema };
const descriptorSchema = z.looseObject(descriptorFields);
const platformSchema = z.looseObject({ os: z.string(), architecture: z.string(), variant: z.string().nullish() });
const entrySchema = z.looseObject({ ...descriptorFields, platform: platformSchema.nullish() });
const imageSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().nullish(),
  artifactType: z.string().nullish(),
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  annotations: annotationsSchema,
});
const indexSchema = z.looseObject({ schemaVersion: z.literal(2), mediaType: z.string().nullish(), manifests: z.array(entrySchema), annotations: annotationsSchema });

/** Names content by type, digest and size in bytes. */
export type Descriptor = z.infer<typeof descriptorSchema>;
/** One manifest of an index. */
export type IndexEntry = z.infer<typeof entrySchema>;
export type ImageManifest = z.infer<typeof imageSchema>;
export type ImageIndex = z.infer<typeof indexSchema>;

/** What a reference may point to. */
export type Manifest = { readonly kind: 'image'; readonly image: ImageManifest } | { readonly kind: 'index'; readonly index: ImageIndex };

/**
 * Reads a manifest or an index; which of them it is, its fields tell and not its media type, which some registries get wrong.
 *
 * @throws {Fault} `OCI_MANIFEST_INVALID`
 */
export function decodeManifest(bytes: Uint8Array): Manifest {
  const document = decodeDocument(bytes);
  const isIndex = typeof document === 'object' && document !== null && 'manifests' in document;
  const both = typeof document === 'object' && document !== null && 'manifests' in document && 'layers' in document;
  // One digest, two meanings: a reader that picks the other one would see other content (CVE-2021-41190).
  if (both) throw invalid('it is a manifest and an index at once');
  if (isIndex) return { kind: 'index', index: checked(indexSchema, document) };
  return { kind: 'image', image: checked(imageSchema, document) };
}

function decodeDocument(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw invalid('it is no JSON document');
  }
}

function checked<T>(schema: z.ZodType<T>, document: unknown): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? 'unexpected'}`);
}

function invalid(because: string): Error {
  return ociFault('OCI_MANIFEST_INVALID', `the manifest cannot be read: ${because}`);
}
