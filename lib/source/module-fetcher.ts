// Fetching one module: what is in the store and may be used, else the network; the same module for many callers at once.
// Signature verification has its place here and is not built yet: where it is asked for and missing, nothing is fetched.
import { Fault, isFault } from '../fault.js';
import { SharedWork } from '../http/shared-work.js';
import type { Digest } from '../oci/digest.js';
import type { Platform } from '../oci/platform.js';
import type { Reference } from '../oci/reference.js';
import { moduleLayer } from '../oci/wasm-artifact.js';
import { maxModuleBytes as loadableBytes } from '../wasm/ceilings.js';
import { downloadOverHttp } from './http-download.js';
import { isMoving, type Location, parseLocation } from './location.js';
import { moduleContent, pinnedContent } from './module-content.js';
import type { ModuleStore, StoredModule } from './module-store.js';
import { fileTarget, type ModuleTarget, storeTarget } from './module-target.js';
import type { SourceClients } from './source-clients.js';
import type { ModuleOrigin, SourceEventSink } from './source-event.js';
import { sourceFault } from './source-fault.js';
import type { StorableLocation } from './store-layout.js';

/** Checks the signatures of an image, and answers the digest of the manifest that they are for. */
export type SignatureVerifier = (reference: Reference, signal: AbortSignal) => Promise<Digest>;

/** The operator asked for verification; without a verifier every fetch fails. */
export interface Verification {
  readonly verifier?: SignatureVerifier;
}

export interface ModuleFetcherOptions {
  readonly clients: SourceClients;
  readonly store: ModuleStore;
  /** Which entry of an image index is taken. */
  readonly platform: Platform;
  readonly verification?: Verification | undefined;
  /** Default: what the library can load at all. */
  readonly maxModuleBytes?: number | undefined;
  readonly onEvent?: SourceEventSink;
}

/** How one module is asked for. */
export interface FetchRequest {
  readonly signal?: AbortSignal;
  /** What the module's own digest must be, whatever its location says. */
  readonly digest?: Digest | undefined;
  /** A file or folder to write to instead of the store. */
  readonly destination?: string | undefined;
}

/** A module that can be read from disk. */
export interface FetchedModule {
  readonly path: string;
  readonly origin: ModuleOrigin;
  /** SHA-256 of the file; unknown for a local file, which is not read. */
  readonly digest?: Digest;
}

export interface ModuleFetcher {
  /** @throws {Fault} with the location in its message */
  readonly fetch: (location: string, request?: FetchRequest) => Promise<FetchedModule>;
}

/** Makes a fetcher. */
export function createModuleFetcher(options: ModuleFetcherOptions): ModuleFetcher {
  const { onEvent = (): void => undefined, store } = options;
  const shared = new SharedWork<FetchedModule>();
  const begin = async (location: Location, { digest, destination, signal = new AbortController().signal }: FetchRequest): Promise<FetchedModule> => {
    if (options.verification !== undefined) assertVerifiable(location, options.verification);
    if (location.kind === 'file') return { path: location.path, origin: 'file' };
    const target = destination === undefined ? storeTarget(store, location) : await fileTarget(destination, location);
    return shared.join(JSON.stringify([target.path, digest]), signal, (joined) => fetchInto(options, { location, target, digest, signal: joined, onEvent }));
  };
  return {
    async fetch(text, request = {}) {
      const location = parseLocation(text);
      onEvent({ kind: 'fetch-started', location: location.uri });
      try {
        const fetched = await begin(location, request);
        onEvent({ kind: 'fetch-finished', location: location.uri, path: fetched.path, origin: fetched.origin });
        return fetched;
      } catch (error) {
        const failure = withLocation(error, location.uri);
        onEvent({ kind: 'fetch-failed', location: location.uri, code: failure.code, message: failure.message });
        throw failure;
      }
    },
  };
}

interface FetchJob {
  readonly location: StorableLocation;
  readonly target: ModuleTarget;
  readonly digest: Digest | undefined;
  readonly signal: AbortSignal;
  readonly onEvent: SourceEventSink;
}

async function fetchInto(options: ModuleFetcherOptions, job: FetchJob): Promise<FetchedModule> {
  const isFresh = !isMoving(job.location) && options.verification === undefined;
  const stored = isFresh ? await job.target.find() : undefined;
  if (stored !== undefined && (job.digest === undefined || job.digest === stored.digest)) return { path: stored.path, origin: 'store', digest: stored.digest };
  return job.location.kind === 'registry' ? fetchFromRegistry(options, job, job.location.reference) : fetchFromServer(options, job, job.location.url);
}

async function fetchFromServer(options: ModuleFetcherOptions, job: FetchJob, url: URL): Promise<FetchedModule> {
  const { location, signal, onEvent } = job;
  return downloadOverHttp(options.clients, { url, uri: location.uri, signal, onEvent }, (chunks, totalBytes) => receive(options, job, chunks, totalBytes));
}

async function fetchFromRegistry(options: ModuleFetcherOptions, job: FetchJob, reference: Reference): Promise<FetchedModule> {
  const { location, target, signal } = job;
  const verified = await options.verification?.verifier?.(reference, signal);
  const repository = options.clients.registry.open(verified === undefined ? reference : { ...reference, digest: verified }, 'pull');
  const { image } = await repository.fetchImage(options.platform, signal);
  const layer = moduleLayer(image, location.uri);
  const stored: StoredModule | undefined = await target.find();
  if (stored !== undefined && stored.digest === layer.digest && (job.digest ?? layer.digest) === layer.digest) return { path: stored.path, origin: 'store', digest: stored.digest };
  const maxBytes = options.maxModuleBytes ?? loadableBytes;
  return repository.streamBlob(layer, { maxBytes, signal }, (chunks) => receive(options, job, chunks, layer.size));
}

/** Writes what arrives to the target, checked, with progress; what is wrong never appears there. */
async function receive(options: ModuleFetcherOptions, { location, target, digest, onEvent }: FetchJob, chunks: AsyncIterable<Uint8Array>, totalBytes: number | undefined): Promise<FetchedModule> {
  const counted = withProgress(moduleContent(chunks, options.maxModuleBytes ?? loadableBytes), (receivedBytes) => {
    onEvent({ kind: 'fetch-progressed', location: location.uri, receivedBytes, totalBytes });
  });
  const written = await target.write(digest === undefined ? counted : pinnedContent(counted, digest));
  return { path: written.path, origin: 'network', digest: written.digest };
}

async function* withProgress(chunks: AsyncIterable<Uint8Array>, report: (receivedBytes: number) => void): AsyncGenerator<Uint8Array> {
  let receivedBytes = 0;
  for await (const chunk of chunks) {
    receivedBytes += chunk.byteLength;
    report(receivedBytes);
    yield chunk;
  }
}

/** Verification is asked for: a location that cannot be verified, or nobody who could, is a failure and never a warning. */
function assertVerifiable(location: Location, { verifier }: Verification): void {
  if (location.kind !== 'registry') {
    throw sourceFault('VERIFICATION_UNAVAILABLE', `cannot verify ${location.uri}: Verification only works with OCI images: Not a valid oci image: ${location.uri}`);
  }
  if (verifier === undefined) {
    throw sourceFault('VERIFICATION_UNAVAILABLE', `cannot verify ${location.uri}: a verification configuration is given, and this version cannot verify signatures; nothing is loaded unverified`);
  }
}

function withLocation(error: unknown, uri: string): Fault {
  if (!isFault(error)) throw error;
  if (error.message.includes(uri.replace(/^registry:\/\//, ''))) return error;
  return new Fault(error.code, `cannot fetch ${uri}: ${error.message}`, { retryable: error.retryable, context: error.context });
}
