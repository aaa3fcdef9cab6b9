// Publishing a module in a registry, with the policy's annotations on its manifest.
import { type Reference } from '../oci/reference.js';
import type { RegistryClient } from '../oci/registry-client.js';
import { parseLocation } from './location.js';
import { isWasm } from './module-content.js';
import { sourceFault } from './source-fault.js';

/** What becomes of a policy's annotations on the way to a manifest. */
export interface ManifestAnnotations {
  readonly annotations: Readonly<Record<string, string>>;
  /** Names of annotations left out because their values have several lines. */
  readonly dropped: readonly string[];
}

const sourceAnnotation = 'io.kubewarden.policy.source';
const ociSourceAnnotation = 'org.opencontainers.image.source';

/** The annotations of a manifest: trimmed, those of several lines left out, the source under OCI's name too. */
export function manifestAnnotations(annotations: Readonly<Record<string, string>>): ManifestAnnotations {
  const trimmed = Object.entries(annotations).map(([name, value]) => [name, value.trim()] as const);
  const kept = Object.fromEntries(trimmed.filter(([, value]) => !/[\r\n]/.test(value)));
  const dropped = trimmed.filter(([, value]) => /[\r\n]/.test(value)).map(([name]) => name);
  const source = kept[sourceAnnotation];
  return { annotations: source === undefined ? kept : { ...kept, [ociSourceAnnotation]: source }, dropped };
}

/**
 * Reads where a module is to be pushed to.
 *
 * @throws {Fault} `LOCATION_INVALID`
 */
export function parseDestination(text: string): Reference {
  const location = parseLocation(text);
  if (location.kind !== 'registry') throw sourceFault('LOCATION_INVALID', `Invalid destination format: ${location.uri} must start with registry://`);
  if (location.reference.digest !== undefined) throw sourceFault('LOCATION_INVALID', `Invalid destination format: ${location.uri} must name a tag, its digest is not known before`);
  return location.reference;
}

/** What is pushed, and where. */
export interface PushRequest {
  readonly module: Uint8Array;
  readonly destination: Reference;
  /** See `manifestAnnotations`. */
  readonly annotations: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/**
 * Pushes a module.
 *
 * @returns its immutable reference, `{registry}/{repository}@{digest}`
 * @throws {Fault} `MODULE_INVALID`; the registry's faults
 */
export async function pushModule(registry: RegistryClient, { module, destination, annotations, signal = new AbortController().signal }: PushRequest): Promise<string> {
  if (!isWasm(module)) throw sourceFault('MODULE_INVALID', `cannot push to ${destination.registry}/${destination.repository}: invalid wasm file`);
  return registry.pushModule(destination, module, annotations, signal);
}
