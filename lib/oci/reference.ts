// Image references as Docker reads them: `busybox` is `docker.io/library/busybox:latest`. Pure.
import { type Digest, isDigest } from './digest.js';
import { ociFault } from './oci-fault.js';

/** A reference with everything filled in; a digest, where there is one, wins over the tag. */
export interface Reference {
  /** `host[:port]`, lower-case; `docker.io` for Docker Hub under any of its names. */
  readonly registry: string;
  readonly repository: string;
  /** `latest` when neither tag nor digest was given. */
  readonly tag?: string;
  readonly digest?: Digest;
}

const hostPattern = /^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*|\[[0-9a-f:.]+\])(?::\d{1,5})?$/;
const componentPattern = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const tagPattern = /^\w[\w.-]{0,127}$/;

/** The longest name a registry accepts. */
const maxNameLength = 255;

/** Docker Hub under its other names. */
const hubNames: readonly string[] = ['index.docker.io', 'registry-1.docker.io'];
const hub = 'docker.io';

/**
 * Reads `[host[:port]/]repository[:tag][@digest]`.
 *
 * @throws {Fault} `OCI_REFERENCE_INVALID`
 */
export function parseReference(text: string): Reference {
  const at = text.indexOf('@');
  const named = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? undefined : text.slice(at + 1);
  if (digest !== undefined && !isDigest(digest)) throw invalid(text, 'the digest must be sha256 or sha512 and lower-case hexadecimal');
  const colon = named.indexOf(':', named.lastIndexOf('/') + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  if (tag !== undefined && !tagPattern.test(tag)) throw invalid(text, 'the tag is malformed');
  const { registry, repository } = splitName(text, colon < 0 ? named : named.slice(0, colon));
  if (digest !== undefined) return tag === undefined ? { registry, repository, digest } : { registry, repository, tag, digest };
  return { registry, repository, tag: tag ?? 'latest' };
}

/** The whole reference as text, without a scheme. */
export function formatReference({ registry, repository, tag, digest }: Reference): string {
  return `${registry}/${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`;
}

/** The `host[:port]` that serves a registry's API: Docker Hub's is another than its name. */
export function apiHost(registry: string): string {
  return registry === hub ? 'registry-1.docker.io' : registry;
}

/** The one name of Docker Hub for any of them; other names as they are. */
export function canonicalRegistry(name: string): string {
  return hubNames.includes(name) ? hub : name;
}

function splitName(text: string, name: string): { readonly registry: string; readonly repository: string } {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const registry = isHost(first) ? canonicalRegistry(first.toLowerCase()) : hub;
  const path = isHost(first) ? name.slice(slash + 1) : name;
  if (!hostPattern.test(registry)) throw invalid(text, 'the registry is no host name');
  assertRepository(text, path);
  const repository = registry === hub && !path.includes('/') ? `library/${path}` : path;
  if (registry.length + repository.length >= maxNameLength) throw invalid(text, `the name is longer than ${maxNameLength} characters`);
  return { registry, repository };
}

/** Docker's rule for telling `host/repository` from `user/repository`. */
function isHost(first: string): boolean {
  return first.includes('.') || first.includes(':') || first === 'localhost' || first !== first.toLowerCase();
}

function assertRepository(text: string, path: string): void {
  if (path === '') throw invalid(text, 'the repository is missing');
  if (path !== path.toLowerCase()) throw invalid(text, 'the repository must be lower-case');
  if (!path.split('/').every((component) => componentPattern.test(component))) throw invalid(text, 'the repository is malformed');
}

function invalid(text: string, because: string): Error {
  return ociFault('OCI_REFERENCE_INVALID', `Invalid OCI image reference: '${text.slice(0, 300)}': ${because}`);
}
