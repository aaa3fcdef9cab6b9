// What can be read from a repository. Writing is in push.ts, lists are in listings.ts; this file and they share a session
// (session.ts), and none of them retries: registry-client.ts wraps whole operations.
import { announcedLength, readBody } from '../http/body.js';
import type { HttpAnswer } from '../http/client.js';
import { checkedContent, type Digest, digestOf, hasDigest, isDigest } from './digest.js';
import { decodeManifest, type Descriptor, type ImageManifest, type Manifest, manifestAccept } from './manifest.js';
import { ociFault } from './oci-fault.js';
import { entryForPlatform, type Platform } from './platform.js';
import type { RegistrySession } from './session.js';

/** A manifest with the bytes its digest is of. */
export interface FetchedManifest {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly manifest: Manifest;
}

/** An image manifest with the bytes its digest is of. */
export interface FetchedImage {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
  readonly image: ImageManifest;
}

/** 4 MiB: what registries themselves accept (distribution spec, "Pushing Manifests"). */
export const maxManifestBytes = 4 * 1024 * 1024;

/** Asks for the digest of what a tag points to; without a usable answer to HEAD the manifest itself is fetched. */
export async function readDigest(session: RegistrySession, selector: string, signal: AbortSignal): Promise<Digest> {
  const answer = await session.send({ method: 'HEAD', target: `manifests/${selector}`, headers: { accept: manifestAccept }, signal });
  await answer.discard();
  const digest = answer.headers['docker-content-digest'];
  if (answer.status === 200 && digest !== undefined && isDigest(digest) && (!isDigest(selector) || digest === selector)) return digest;
  if (answer.status !== 200 && answer.status !== 405) throw await session.refused(answer);
  return (await readManifest(session, selector, signal)).digest;
}

/** Fetches a manifest by tag or digest; under a digest nothing but its own bytes is accepted. */
export async function readManifest(session: RegistrySession, selector: string, signal: AbortSignal): Promise<FetchedManifest> {
  const answer = await session.send({ method: 'GET', target: `manifests/${selector}`, headers: { accept: manifestAccept }, signal });
  if (answer.status !== 200) throw await session.refused(answer);
  const bytes = await readBody(answer, maxManifestBytes);
  const digest = checkedDigest(bytes, isDigest(selector) ? selector : answer.headers['docker-content-digest']);
  return { digest, bytes, manifest: decodeManifest(bytes) };
}

/** Fetches an image manifest; of an index the entry for the platform. */
export async function readImage(session: RegistrySession, selector: string, platform: Platform, signal: AbortSignal): Promise<FetchedImage> {
  const outer = await readManifest(session, selector, signal);
  if (outer.manifest.kind === 'image') return { digest: outer.digest, bytes: outer.bytes, image: outer.manifest.image };
  const entry = entryForPlatform(outer.manifest.index, platform);
  const inner = await readManifest(session, entry.digest, signal);
  if (inner.manifest.kind === 'index') throw ociFault('OCI_MANIFEST_INVALID', 'the image index leads to another index');
  return { digest: inner.digest, bytes: inner.bytes, image: inner.manifest.image };
}

/** Opens a blob; the chunks fail unless they are, to the last one, what the descriptor says. */
export async function openBlob(session: RegistrySession, { digest, size }: Descriptor, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
  const answer = await session.send({ method: 'GET', target: `blobs/${digest}`, headers: { 'accept-encoding': 'identity' }, signal });
  if (answer.status !== 200) throw await session.refused(answer);
  await assertLength(answer, size);
  return checkedContent(answer.body, { digest, size });
}

/** Reads a small blob whole. */
export async function readBlob(session: RegistrySession, descriptor: Descriptor, maxBytes: number, signal: AbortSignal): Promise<Uint8Array> {
  assertSize(descriptor, maxBytes);
  const body = await openBlob(session, descriptor, signal);
  const bytes = new Uint8Array(descriptor.size);
  let offset = 0;
  for await (const chunk of body) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/** @throws {Fault} `OCI_CONTENT_TOO_LARGE` before anything is fetched */
export function assertSize({ size }: Descriptor, maxBytes: number): void {
  if (size > maxBytes) throw ociFault('OCI_CONTENT_TOO_LARGE', `the content has ${size} bytes, more than the ${maxBytes} that are allowed`);
}

async function assertLength(answer: HttpAnswer, size: number): Promise<void> {
  const announced = announcedLength(answer);
  if (announced === undefined || announced === size) return;
  await answer.discard();
  throw ociFault('OCI_LENGTH_MISMATCH', `the registry announces ${announced} bytes and the manifest ${size}`, { retryable: true });
}

/** The digest of a manifest's bytes, after comparing it with the one that was asked for or announced. */
function checkedDigest(bytes: Uint8Array, expected: string | undefined): Digest {
  if (expected === undefined || !isDigest(expected)) return digestOf(bytes);
  if (!hasDigest(bytes, expected)) throw ociFault('OCI_DIGEST_MISMATCH', `the manifest does not have the digest ${expected}`, { retryable: true });
  return expected;
}
