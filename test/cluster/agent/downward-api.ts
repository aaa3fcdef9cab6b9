// Fields of a Pod as text, for environment variables and downward API files. PURE.

import type { Container, Pod, ResourceFieldRef } from '../api/objects.js';

/** What is known of a Pod only on its Node. */
export interface PodFacts {
  readonly podAddress: string;
  readonly nodeAddress: string;
}

/** What a container without limits may use, as the Node's own capacity. */
export const NODE_CAPACITY: Readonly<Record<string, string>> = { cpu: '16', memory: '32Gi', 'ephemeral-storage': '64Gi', pods: '110' };

/**
 * The text of a field by its path.
 *
 * @throws {Error} for a path the downward API does not offer
 * @see https://kubernetes.io/docs/concepts/workloads/pods/downward-api/
 */
export function fieldText(pod: Pod, facts: PodFacts, path: string): string {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript?.[1] === 'labels') return pod.metadata.labels?.[subscript[2] ?? ''] ?? '';
  if (subscript?.[1] === 'annotations') return pod.metadata.annotations?.[subscript[2] ?? ''] ?? '';
  const read = FIELDS[path];
  if (read === undefined) throw new Error(`field path ${path} is not in the downward API`);
  return read(pod, facts);
}

const FIELDS: Readonly<Record<string, (pod: Pod, facts: PodFacts) => string>> = {
  'metadata.name': (pod) => pod.metadata.name,
  'metadata.namespace': (pod) => pod.metadata.namespace ?? '',
  'metadata.uid': (pod) => pod.metadata.uid,
  'metadata.labels': (pod) => mapText(pod.metadata.labels ?? {}),
  'metadata.annotations': (pod) => mapText(pod.metadata.annotations ?? {}),
  'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
  'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
  'status.podIP': (_, facts) => facts.podAddress,
  'status.podIPs': (_, facts) => facts.podAddress,
  'status.hostIP': (_, facts) => facts.nodeAddress,
  'status.hostIPs': (_, facts) => facts.nodeAddress,
};

/** Amounts of a resource in units of the divisor, rounded up. Limits fall back to the Node's capacity. */
export function resourceText(containers: readonly Container[], own: string | undefined, ref: ResourceFieldRef): string {
  const resources = containers.find((candidate) => candidate.name === (ref.containerName ?? own))?.resources;
  const [kind = '', resource = ''] = ref.resource.split('.');
  const amount = quantity(kind === 'limits' ? (resources?.limits?.[resource] ?? NODE_CAPACITY[resource]) : resources?.requests?.[resource]);
  const divisor = quantity(ref.divisor);
  return String(Math.ceil(amount / (divisor === 0 ? 1 : divisor)));
}

const SUFFIXES: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

function quantity(text = '0'): number {
  const [, number = '0', suffix = ''] = /^([\d.]+)([a-zA-Z]*)$/.exec(text) ?? [];
  return Number(number) * (SUFFIXES[suffix] ?? Number.NaN);
}

/** One `key="value"` line per entry, sorted by key. */
function mapText(entries: Readonly<Record<string, string>>): string {
  return Object.keys(entries)
    .sort()
    .map((key) => `${key}=${JSON.stringify(entries[key])}`)
    .join('\n');
}
