// Putting content into a repository: blobs first, then the manifest that names them.
import type { HttpAnswer } from '../http/client.js';
import type { Digest } from './digest.js';
import { ociFault } from './oci-fault.js';
import type { RegistrySession } from './session.js';

/** Content and its digest. */
export interface Blob {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Uploads a blob in one piece, unless the repository has it already. */
export async function pushBlob(session: RegistrySession, { digest, bytes }: Blob, signal: AbortSignal): Promise<void> {
  const present = await session.send({ method: 'HEAD', target: `blobs/${digest}`, signal });
  await present.discard();
  if (present.status === 200) return;
  if (present.status !== 404) throw await session.refused(present);
  const begun = await session.send({ method: 'POST', target: 'blobs/uploads/', body: new Uint8Array(0), signal });
  if (begun.status !== 202) throw await session.refused(begun);
  await begun.discard();
  const target = uploadUrl(begun);
  target.searchParams.set('digest', digest);
  const done = await session.send({ method: 'PUT', target, headers: { 'content-type': 'application/octet-stream' }, body: bytes, signal });
  if (done.status !== 201 && done.status !== 204) throw await session.refused(done);
  await done.discard();
}

/**
 * Uploads a manifest under a tag or its digest.
 *
 * @throws {Fault} `OCI_DIGEST_MISMATCH` when the registry stored something else
 */
export async function pushManifest(session: RegistrySession, { digest, bytes }: Blob, selector: { readonly tag: string; readonly mediaType: string }, signal: AbortSignal): Promise<void> {
  const { tag, mediaType } = selector;
  const answer = await session.send({ method: 'PUT', target: `manifests/${tag}`, headers: { 'content-type': mediaType }, body: bytes, signal });
  if (answer.status !== 201 && answer.status !== 200) throw await session.refused(answer);
  await answer.discard();
  const stored = answer.headers['docker-content-digest'];
  if (stored !== undefined && stored !== digest) throw ociFault('OCI_DIGEST_MISMATCH', `The digest of the returned manifest is not valid: ${stored.slice(0, 200)}`);
}

/** Where an upload goes: absolute or relative, and often with a query of its own that must be kept. */
function uploadUrl(answer: HttpAnswer): URL {
  const location = answer.headers['location'];
  if (location === undefined || !URL.canParse(location, answer.url)) throw ociFault('REGISTRY_ANSWER_INVALID', 'the registry does not say where to upload to');
  const url = new URL(location, answer.url);
  // Some registries behind a TLS proxy name themselves as they see themselves: not with content, and not with credentials.
  if (answer.url.protocol === 'https:' && url.protocol !== 'https:') throw ociFault('REGISTRY_ANSWER_INVALID', 'the registry wants the upload over plain HTTP');
  return url;
}
