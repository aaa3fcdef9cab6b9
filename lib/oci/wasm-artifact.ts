// How Kubewarden packs a policy into an OCI artifact: one layer that is the module, an empty configuration, the policy's
// annotations on the manifest. Pure.
import { type Digest, digestOf } from './digest.js';
import { type Descriptor, type ImageManifest, mediaTypes } from './manifest.js';
import { ociFault } from './oci-fault.js';

/** Media types of the parts. */
export const wasmMediaTypes = {
  layer: 'application/vnd.wasm.content.layer.v1+wasm',
  config: 'application/vnd.wasm.config.v1+json',
} as const;

/**
 * The layer that is the module.
 *
 * @param url the location as the operator wrote it, for the message
 * @throws {Fault} `OCI_ARTIFACT_INVALID` when there is no layer, or one of another kind
 */
export function moduleLayer(manifest: ImageManifest, url: string): Descriptor {
  const [layer] = manifest.layers;
  if (layer === undefined) throw ociFault('OCI_ARTIFACT_INVALID', `could not pull policy ${url}: empty layers`);
  const other = manifest.layers.find(({ mediaType }) => mediaType !== wasmMediaTypes.layer);
  if (other !== undefined) {
    throw ociFault('OCI_ARTIFACT_INVALID', `could not pull policy ${url}: it is no policy, Incompatible layer media type: ${other.mediaType.slice(0, 100)}`);
  }
  return layer;
}

/** The parts of an artifact, ready to be pushed. */
export interface WasmArtifact {
  readonly config: { readonly digest: Digest; readonly bytes: Uint8Array };
  readonly layer: { readonly digest: Digest; readonly bytes: Uint8Array };
  readonly manifest: { readonly digest: Digest; readonly bytes: Uint8Array; readonly mediaType: string };
}

/** Packs a module; the same module and annotations always give the same bytes. */
export function wasmArtifact(module: Uint8Array, annotations: Readonly<Record<string, string>>): WasmArtifact {
  const configBytes = new TextEncoder().encode('{}');
  const config = { digest: digestOf(configBytes), bytes: configBytes };
  const layer = { digest: digestOf(module), bytes: module };
  const sorted = Object.fromEntries(Object.entries(annotations).sort(([one], [other]) => (one < other ? -1 : 1)));
  const document = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: { mediaType: wasmMediaTypes.config, digest: config.digest, size: configBytes.byteLength },
    layers: [{ mediaType: wasmMediaTypes.layer, digest: layer.digest, size: module.byteLength }],
    ...(Object.keys(sorted).length === 0 ? {} : { annotations: sorted }),
  };
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { config, layer, manifest: { digest: digestOf(bytes), bytes, mediaType: mediaTypes.ociManifest } };
}
