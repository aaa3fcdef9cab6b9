// The whole configuration of a policy-server: policies.yml and sources.yml as texts, their version, and whether they fit into a
// ConfigMap.
import type { Policy, PolicyServer } from '../crds/custom-object.js';
import { canonicalJson } from './canonical-json.js';
import { configHash, type ConfigHash } from './config-hash.js';
import type { PolicyId } from './names.js';
import { policyEntries, type PolicyEntries } from './policies-file.js';

/** What a policy-server is told. */
export interface ServerConfiguration {
  readonly entries: PolicyEntries;
  readonly data: ConfigurationData;
  readonly hash: ConfigHash;
}

/** Data of the ConfigMap. */
export interface ConfigurationData {
  readonly 'policies.yml': string;
  readonly 'sources.yml': string;
}

/** A ConfigMap may have 1 MiB; the rest is left for metadata and for what the API server counts besides. */
const maxDataBytes = 900 * 1024;

/** How many of the largest policies are named when a configuration is too large. */
const namedPolicies = 3;

/** The configuration of a server with the policies bound to it. */
export function serverConfiguration(server: PolicyServer, policies: readonly Policy[]): ServerConfiguration {
  const entries = policyEntries(server, policies);
  const data = { 'policies.yml': canonicalJson(Object.fromEntries(entries)), 'sources.yml': canonicalJson(sources(server)) };
  return { entries, data, hash: configHash(canonicalJson(data)) };
}

/** Whether the server is told of sources, and so needs the file. */
export function hasSources({ spec }: PolicyServer): boolean {
  return (spec.insecureSources ?? []).length > 0 || Object.keys(spec.sourceAuthorities ?? {}).length > 0;
}

function sources({ spec: { insecureSources = [], sourceAuthorities = {} } }: PolicyServer): Readonly<Record<string, unknown>> {
  const authorities = Object.entries(sourceAuthorities).map(([uri, certificates]) => [uri, certificates.map((data) => ({ type: 'Data', data }))] as const);
  return {
    ...(insecureSources.length === 0 ? {} : { insecure_sources: insecureSources }),
    ...(authorities.length === 0 ? {} : { source_authorities: Object.fromEntries(authorities) }),
  };
}

/** Why a configuration cannot be stored, naming the largest policies; undefined when it can. */
export function sizeProblem({ entries, data }: ServerConfiguration): string | undefined {
  const bytes = bytesOf(data['policies.yml']) + bytesOf(data['sources.yml']);
  if (bytes <= maxDataBytes) return undefined;
  const largest = [...entries]
    .map(([id, entry]): readonly [PolicyId, number] => [id, bytesOf(canonicalJson(entry))])
    .sort(([, a], [, b]) => b - a)
    .slice(0, namedPolicies)
    .map(([id, size]) => `${id} (${kibibytes(size)})`);
  return `the configuration has ${kibibytes(bytes)}, and at most ${kibibytes(maxDataBytes)} can be stored; the largest policies are ${largest.join(', ')}. The policies served before stay; shorten settings or move policies to another PolicyServer`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}

function kibibytes(bytes: number): string {
  return `${Math.ceil(bytes / 1024)} KiB`;
}
