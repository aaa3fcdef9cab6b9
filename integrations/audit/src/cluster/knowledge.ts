// What a scan knows of the cluster before it begins: policies, where their policy-servers are, and what the API server serves.
// Read once, whatever the number of namespaces.
import { Fault, isFault } from 'wasmwarden';
import { type AuditKnowledge, type PolicyEndpoint, type PolicyKind, policyResources, policyServerResource, type ReadPolicy, readPolicy } from 'wasmwarden/audit';
import type { ApiObject, ApiResource, ClusterClient } from 'wasmwarden/kubernetes';
import { z } from 'zod';

import { patiently, type Patience } from './patience.js';

/** Where to look. */
export interface KnowledgeOptions {
  readonly client: ClusterClient;
  readonly kubewardenNamespace: string;
  readonly policyServerUrl: string | undefined;
  readonly patience: Patience;
}

/** What is known, and of what nothing is known. */
export interface ReadKnowledge extends AuditKnowledge {
  /** API groups that another server answers for, and does not now. */
  readonly unknownGroups: ReadonlySet<string>;
}

const services: ApiResource = { group: '', version: 'v1', plural: 'services', kind: 'Service', namespaced: true };

/** Label by which the Service of a PolicyServer is found. */
const instanceLabel = 'app.kubernetes.io/instance';

const kinds = ['ClusterAdmissionPolicy', 'AdmissionPolicy', 'ClusterAdmissionPolicyGroup', 'AdmissionPolicyGroup'] as const satisfies readonly PolicyKind[];

/**
 * Reads what a scan needs to know.
 *
 * @throws {Fault} what the API server answers; `POLICIES_UNKNOWN` when the cluster has no kind of policy at all
 */
export async function readKnowledge(options: KnowledgeOptions): Promise<ReadKnowledge> {
  const { client, patience } = options;
  const [policies, endpointOf, { resources, stale }] = await Promise.all([readPolicies(options), readEndpoints(options), patiently(patience, () => client.resources.all({ signal: patience.signal }))]);
  return { policies, served: resources, endpointOf, unknownGroups: new Set(stale.map(({ group }) => group)) };
}

async function readPolicies(options: KnowledgeOptions): Promise<readonly ReadPolicy[]> {
  const lists = await Promise.all(kinds.map(async (kind) => ({ kind, items: await listOf(policyResources[kind], options) })));
  if (lists.every(({ items }) => items === undefined)) throw new Fault('POLICIES_UNKNOWN', 'cannot scan: the cluster has no custom resource definitions of policies.kubewarden.io/v1; install the controller first');
  return lists.flatMap(({ kind, items = [] }) => items.map((item) => readPolicy(kind, item)));
}

/** All objects of a small collection; undefined when the cluster does not know the kind. */
async function listOf(resource: ApiResource, { client, patience }: KnowledgeOptions, namespace?: string): Promise<readonly ApiObject[] | undefined> {
  try {
    return (await patiently(patience, () => client.list({ resource, namespace }, { signal: patience.signal }))).items;
  } catch (error) {
    if (isFault(error, 'KUBERNETES_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function readEndpoints(options: KnowledgeOptions): Promise<(policyServer: string) => PolicyEndpoint> {
  const { policyServerUrl, kubewardenNamespace } = options;
  if (policyServerUrl !== undefined) return () => ({ kind: 'url', url: policyServerUrl });
  const [servers = [], found = []] = await Promise.all([listOf(policyServerResource, options), listOf(services, options, kubewardenNamespace)]);
  const names = new Set(servers.map(({ metadata }) => metadata.name));
  return (name) => endpointAmong(found, names, { name, namespace: kubewardenNamespace });
}

const ports = z.object({ ports: z.array(z.object({ port: z.number() })).min(1) });

/** Where a PolicyServer is asked. */
export function endpointAmong(found: readonly ApiObject[], servers: ReadonlySet<string>, { name, namespace }: { readonly name: string; readonly namespace: string }): PolicyEndpoint {
  const unavailable = (because: string): PolicyEndpoint => ({ kind: 'unavailable', because });
  if (!servers.has(name)) return unavailable(`its PolicyServer '${name}' does not exist`);
  const label = `policy-server-${name}`;
  const matching = found.filter(({ metadata: { labels = {} } }) => labels[instanceLabel] === label);
  const [service] = matching;
  if (service === undefined || matching.length > 1) return unavailable(`its PolicyServer '${name}' has ${matching.length} Services labelled ${instanceLabel}=${label} in namespace ${namespace}, and must have one`);
  const spec = ports.safeParse(service['spec']);
  const port = spec.success ? spec.data.ports[0]?.port : undefined;
  if (port === undefined) return unavailable(`the Service ${service.metadata.name} of its PolicyServer '${name}' has no port`);
  return { kind: 'url', url: `https://${service.metadata.name}.${namespace}.svc:${port}` };
}
