// Lists that a repository offers: its tags, and the manifests that refer to another one (signatures, attestations).
import { z } from 'zod';

import { readBody } from '../http/body.js';
import type { HttpAnswer } from '../http/client.js';
import { type Digest, hexOf } from './digest.js';
import { decodeManifest, type IndexEntry, mediaTypes } from './manifest.js';
import { ociFault } from './oci-fault.js';
import { maxManifestBytes } from './repository.js';
import type { RegistrySession } from './session.js';

/** A registry that names a next page for ever is given up. */
const maxPages = 100;

const tagsSchema = z.looseObject({ tags: z.array(z.string()).nullish() });

/** Lists every tag, in the registry's order. */
export async function listTags(session: RegistrySession, signal: AbortSignal): Promise<readonly string[]> {
  const pages = await readPages(session, { first: 'tags/list', accept: 'application/json', signal });
  return pages.flatMap((page) => parseTags(page));
}

/**
 * Lists what refers to a manifest, by the referrers API or, where a registry has none, by the tag schema
 * (https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers).
 *
 * @param artifactType only referrers of this type; some registries do not filter, so it is done here
 */
export async function listReferrers(session: RegistrySession, subject: Digest, artifactType: string | undefined, signal: AbortSignal): Promise<readonly IndexEntry[]> {
  const query = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`;
  const pages = await readPages(session, { first: `referrers/${subject}${query}`, accept: mediaTypes.ociIndex, signal, whenMissing: `manifests/${subject.split(':', 1)[0] ?? ''}-${hexOf(subject)}` });
  const entries = pages.flatMap((page) => entriesOf(page));
  return artifactType === undefined ? entries : entries.filter((entry) => entry.artifactType === artifactType);
}

interface PageRequest {
  readonly first: string;
  readonly accept: string;
  readonly signal: AbortSignal;
  /** Asked for when `first` does not exist; that this does not exist either means an empty list. */
  readonly whenMissing?: string;
}

async function readPages(session: RegistrySession, { first, accept, signal, whenMissing }: PageRequest): Promise<readonly Uint8Array[]> {
  const pages: Uint8Array[] = [];
  let target: string | URL | undefined = first;
  let fallback = whenMissing;
  while (target !== undefined) {
    if (pages.length === maxPages) throw ociFault('REGISTRY_ANSWER_INVALID', `the list has more than ${maxPages} pages`);
    const answer: HttpAnswer = await session.send({ method: 'GET', target, headers: { accept }, signal });
    if (answer.status === 404 && whenMissing !== undefined && pages.length === 0) {
      await answer.discard();
      target = fallback;
      fallback = undefined;
      continue;
    }
    if (answer.status !== 200) throw await session.refused(answer);
    pages.push(await readBody(answer, maxManifestBytes));
    target = nextPage(answer);
  }
  return pages;
}

/** The target of `Link: <...>; rel="next"`, on the registry itself. */
function nextPage(answer: HttpAnswer): URL | undefined {
  const match = /<([^<>]+)>\s*;\s*rel="?next"?/i.exec(answer.headers['link'] ?? '');
  if (match?.[1] === undefined) return undefined;
  const url = URL.canParse(match[1], answer.url) ? new URL(match[1], answer.url) : undefined;
  if (url?.origin !== answer.url.origin) throw ociFault('REGISTRY_ANSWER_INVALID', 'the next page of the list is on another host');
  return url;
}

function parseTags(page: Uint8Array): readonly string[] {
  try {
    return tagsSchema.parse(JSON.parse(new TextDecoder().decode(page))).tags ?? [];
  } catch {
    throw ociFault('REGISTRY_ANSWER_INVALID', 'the list of tags cannot be read');
  }
}

function entriesOf(page: Uint8Array): readonly IndexEntry[] {
  const manifest = decodeManifest(page);
  return manifest.kind === 'index' ? manifest.index.manifests : [];
}
