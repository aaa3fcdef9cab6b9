// The client of container registries: operations on references, each with its limits in time and size, retried as a whole,
// and failing with one sentence that names the reference. How each is done is in repository.ts, push.ts and listings.ts.
import type { HttpClient } from '../http/client.js';
import { type Clock, systemClock } from '../http/clock.js';
import type { NetworkEventSink } from '../http/network-event.js';
import { defaultRetryPolicy, type RetryPolicy, retrying } from '../http/retry.js';
import type { CredentialLookup } from './credentials.js';
import { type Digest, isDigest } from './digest.js';
import { listReferrers, listTags } from './listings.js';
import type { Descriptor, IndexEntry } from './manifest.js';
import { failedOperation } from './oci-fault.js';
import type { Platform } from './platform.js';
import { pushBlob, pushManifest } from './push.js';
import { formatReference, type Reference } from './reference.js';
import { assertSize, type FetchedImage, type FetchedManifest, openBlob, readBlob, readDigest, readImage, readManifest } from './repository.js';
import { RegistrySession, type Right } from './session.js';
import { type WasmArtifact, wasmArtifact } from './wasm-artifact.js';

export interface RegistryClientOptions {
  readonly http: HttpClient;
  readonly credentials: CredentialLookup;
  readonly onEvent: NetworkEventSink;
  readonly clock?: Clock;
  readonly retry?: RetryPolicy;
  /** How long an operation without content may take, all its attempts together, in milliseconds. Default 60,000. */
  readonly operationTimeoutMs?: number;
  /** How long moving content may take. Default 300,000. */
  readonly transferTimeoutMs?: number;
}

/** Operations on references; each throws `Fault` with an `OciFaultCode` or `HttpFaultCode`. */
export interface RegistryClient {
  /** The digest of the manifest or index that a reference points to. */
  readonly resolveDigest: (reference: Reference, signal: AbortSignal) => Promise<Digest>;
  readonly fetchManifest: (reference: Reference, signal: AbortSignal) => Promise<FetchedManifest>;
  /** The image manifest; of an index the entry for the platform. */
  readonly fetchImage: (reference: Reference, platform: Platform, signal: AbortSignal) => Promise<FetchedImage>;
  /** A blob of at most `maxBytes`, whole. */
  readonly fetchBlob: (reference: Reference, descriptor: Descriptor, maxBytes: number, signal: AbortSignal) => Promise<Uint8Array>;
  /** Opens the repository of a reference for several operations that share one sign-in. */
  readonly open: (reference: Reference, right: Right) => Repository;
  /** Pushes a module under a reference's tag, and answers its immutable reference `{registry}/{repository}@{digest}`. */
  readonly pushModule: (reference: Reference, module: Uint8Array, annotations: Readonly<Record<string, string>>, signal: AbortSignal) => Promise<string>;
  readonly listTags: (reference: Reference, signal: AbortSignal) => Promise<readonly string[]>;
  readonly listReferrers: (reference: Reference, subject: Digest, artifactType: string | undefined, signal: AbortSignal) => Promise<readonly IndexEntry[]>;
}

/** One repository, signed in to once. */
export interface Repository {
  readonly fetchImage: (platform: Platform, signal: AbortSignal) => Promise<FetchedImage>;
  /**
   * Streams a blob to a consumer, which is called anew for each attempt and must then start anew.
   *
   * The chunks throw where the content is not what the descriptor says, at the latest at their end.
   */
  readonly streamBlob: <T>(descriptor: Descriptor, limits: { readonly maxBytes: number; readonly signal: AbortSignal }, consume: (chunks: AsyncIterable<Uint8Array>) => Promise<T>) => Promise<T>;
}

/** Makes a client. */
export function createRegistryClient(options: RegistryClientOptions): RegistryClient {
  const { http, credentials, onEvent, clock = systemClock, retry = defaultRetryPolicy, operationTimeoutMs = 60_000, transferTimeoutMs = 300_000 } = options;
  const begin = (reference: Reference, right: Right): RegistrySession => new RegistrySession({ http, credentials, nowMs: clock.nowMs, reference, right });
  const operation = async <T>(attempted: string, timeoutMs: number, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    try {
      return await retrying(attempted, () => work(limited), limited, { policy: retry, clock, onEvent });
    } catch (error) {
      throw failedOperation(attempted, error);
    }
  };
  const short = <T>(attempted: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => operation(attempted, operationTimeoutMs, signal, work);
  const long = <T>(attempted: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> => operation(attempted, transferTimeoutMs, signal, work);
  const manifestOf = (reference: Reference): string => `read the manifest of ${formatReference(reference)}`;
  const blobOf = (reference: Reference, { digest }: Descriptor): string => `read the content ${digest} of ${formatReference(reference)}`;
  return {
    resolveDigest: (reference, signal) => short(`resolve ${formatReference(reference)}`, signal, (limited) => readDigest(begin(reference, 'pull'), selectorOf(reference), limited)),
    fetchManifest: (reference, signal) => short(manifestOf(reference), signal, (limited) => readManifest(begin(reference, 'pull'), selectorOf(reference), limited)),
    fetchImage: (reference, platform, signal) => short(manifestOf(reference), signal, (limited) => readImage(begin(reference, 'pull'), selectorOf(reference), platform, limited)),
    fetchBlob: (reference, descriptor, maxBytes, signal) => short(blobOf(reference, descriptor), signal, (limited) => readBlob(begin(reference, 'pull'), descriptor, maxBytes, limited)),
    open(reference, right) {
      const session = begin(reference, right);
      return {
        fetchImage: (platform, signal) => short(manifestOf(reference), signal, (limited) => readImage(session, selectorOf(reference), platform, limited)),
        streamBlob: (descriptor, { maxBytes, signal }, consume) =>
          long(blobOf(reference, descriptor), signal, async (limited) => {
            assertSize(descriptor, maxBytes);
            return consume(await openBlob(session, descriptor, limited));
          }),
      };
    },
    pushModule: (reference, module, annotations, signal) => long(`push to ${formatReference(reference)}`, signal, (limited) => pushArtifact(begin(reference, 'push'), reference, wasmArtifact(module, annotations), limited)),
    listTags: (reference, signal) => short(`list the tags of ${formatReference(reference)}`, signal, (limited) => listTags(begin(reference, 'pull'), limited)),
    listReferrers: (reference, subject, artifactType, signal) =>
      short(`list the referrers of ${subject} in ${formatReference(reference)}`, signal, (limited) => listReferrers(begin(reference, 'pull'), subject, artifactType, limited)),
  };
}

/** How the registry's API is told what is meant: the digest, or else the tag. */
function selectorOf({ tag, digest }: Reference): string {
  return digest ?? tag ?? 'latest';
}

async function pushArtifact(session: RegistrySession, reference: Reference, { config, layer, manifest }: WasmArtifact, signal: AbortSignal): Promise<string> {
  await pushBlob(session, config, signal);
  await pushBlob(session, layer, signal);
  const selector = selectorOf(reference);
  await pushManifest(session, manifest, { tag: isDigest(selector) ? manifest.digest : selector, mediaType: manifest.mediaType }, signal);
  return `${reference.registry}/${reference.repository}@${manifest.digest}`;
}
