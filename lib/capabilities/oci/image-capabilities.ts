// The capabilities that look at images in registries: `oci/v1/manifest_digest`, `oci/v1/oci_manifest` and
// `oci/v1/oci_manifest_config` (contract 4.4). How registries are reached and who we are there, the client knows.
import { z } from 'zod';

import { monotonicNow } from '../../deadline.js';
import { type Fault, isFault } from '../../fault.js';
import type { Descriptor } from '../../oci/manifest.js';
import type { OciFaultCode } from '../../oci/oci-fault.js';
import type { Platform } from '../../oci/platform.js';
import { parseReference, type Reference } from '../../oci/reference.js';
import type { FetchedImage, FetchedManifest } from '../../oci/repository.js';
import { type Capability, defineCapability, refusal } from '../capability.js';
import { AnswerCache } from './answer-cache.js';

/** What these capabilities need of a registry client. */
export interface ImageReader {
  readonly resolveDigest: (reference: Reference, signal: AbortSignal) => Promise<string>;
  readonly fetchManifest: (reference: Reference, signal: AbortSignal) => Promise<FetchedManifest>;
  readonly fetchImage: (reference: Reference, platform: Platform, signal: AbortSignal) => Promise<FetchedImage>;
  readonly fetchBlob: (reference: Reference, descriptor: Descriptor, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array>;
}

export interface ImageCapabilityOptions {
  readonly registry: ImageReader;
  /** Which entry of an image index a policy sees the configuration of. */
  readonly platform: Platform;
  /** Milliseconds on a clock that never goes back. */
  readonly nowMs?: () => number;
}

/** The contract's: how long an answer is good. */
const ttlMs = 60_000;

/** A few pods' worth of images for each of a few hundred requests, and no more memory than one worker may have. */
const maxEntries = 1000;
const maxCachedBytes = 32 * 1024 * 1024;

/** 4 MiB, as for manifests: configurations hold the history of a build. */
const maxConfigBytes = 4 * 1024 * 1024;

/** Makes the three capabilities; they share one cache. */
export function imageCapabilities({ registry, platform, nowMs = monotonicNow }: ImageCapabilityOptions): readonly Capability[] {
  const cache = new AnswerCache({ ttlMs, nowMs, maxEntries, maxBytes: maxCachedBytes });
  const capability = (path: string, what: string, answer: (reference: Reference, signal: AbortSignal) => Promise<Uint8Array>): Capability =>
    defineCapability({
      path,
      request: z.string(),
      async handle(image, { signal }) {
        try {
          return await cache.get(`${path} ${image}`, signal, (joined) => answer(parseReference(image), joined));
        } catch (error) {
          throw isFault<OciFaultCode>(error) ? guestFault(`cannot read the ${what} of '${image.slice(0, 300)}'`, error) : error;
        }
      },
    });
  return [
    capability('oci/v1/manifest_digest', 'manifest digest', async (reference, signal) => encoded({ digest: await registry.resolveDigest(reference, signal) })),
    capability('oci/v1/oci_manifest', 'manifest', async (reference, signal) => (await registry.fetchManifest(reference, signal)).bytes),
    capability('oci/v1/oci_manifest_config', 'manifest and configuration', async (reference, signal) => {
      const { digest, bytes, image } = await registry.fetchImage(reference, platform, signal);
      const config = await registry.fetchBlob(reference, image.config, maxConfigBytes, signal);
      return joined(bytes, digest, jsonText(config));
    }),
  ];
}

/**
 * What a policy may read about a failure: that its image's name is malformed, that there is no such image, that access is
 * not allowed. Anything else is between the operator and the registry.
 */
function guestFault(attempted: string, fault: Fault<OciFaultCode>): Fault {
  switch (fault.code) {
    case 'OCI_REFERENCE_INVALID':
      return refusal(fault.message, fault);
    case 'REGISTRY_NOT_FOUND':
      return refusal(`${attempted}: the registry has no such image`, fault);
    case 'REGISTRY_DENIED':
      return refusal(`${attempted}: the registry does not allow access`, fault);
    case 'OCI_PLATFORM_MISSING':
      return refusal(`${attempted}: the image has no variant for this platform`, fault);
    default:
      return fault;
  }
}

/** The documents are put together as text, so that a guest sees every number as it was written. */
function joined(manifest: Uint8Array, digest: string, config: string): Uint8Array {
  return new TextEncoder().encode(`{"manifest":${new TextDecoder().decode(manifest)},"digest":${JSON.stringify(digest)},"config":${config}}`);
}

function jsonText(bytes: Uint8Array): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    JSON.parse(text);
    return text;
  } catch {
    throw refusal('the configuration of the image is no JSON document');
  }
}

function encoded(document: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(document));
}
