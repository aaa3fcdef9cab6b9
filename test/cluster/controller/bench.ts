// What tests of the controller begin with: the images of the product, a registry with policies behind passwords and a private authority,
// the installation, and the few questions that all of them ask.

import { setTimeout as delay } from 'node:timers/promises';

import { pushModule, parseDestination } from '../../../lib/source/push-module.js';
import { metadataSection } from '../../../lib/policy/metadata.js';
import { customSection, withCustomSection } from '../../../lib/wasm/custom-section.js';
import { makeCertificates, type TestCertificates } from '../../support/certificates.js';
import { startRegistry, type ContainerRegistry } from '../../support/container-registry.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { dockerConfigOf, openBench, trusted } from '../../support/source-bench.js';
import type { ImageMap } from '../agent/image.js';
import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';

/** Namespace of the installation. */
export const namespace = 'kubewarden';

const program = (integration: string): ImageMap[string] => ({
  entrypoint: [process.execPath, '--enable-source-maps', '--conditions=@wasmwarden/source', `/app/build/integrations/${integration}/src/main.js`],
  contents: { '/app': process.cwd() },
});

/** Commands that stand in for the images of the installation. */
export const images: ImageMap = {
  'ghcr.io/wasmwarden/controller:latest': program('k8s-controller'),
  'ghcr.io/wasmwarden/policy-server:latest': program('webhook-server'),
};

/** The Secret that policies are pulled with. */
export const pullSecret = 'registry-credentials';

const credentials = { user: 'puller', password: 'correct horse' };

/** Policies that are pushed to the registry. */
const published = ['pod-privileged', 'add-label', 'scripted', 'witness', 'adversarial/infinite-loop'] as const;

/** A registry of policies, as Pods and the API server's machine reach it. */
export interface PolicyRegistry extends AsyncDisposable {
  readonly host: string;
  readonly certificates: TestCertificates;
  /** Where a policy is, for the field `module`. */
  readonly moduleOf: (name: (typeof published)[number]) => string;
}

/** Starts a registry in reach of the cluster and pushes the policies. */
export async function startPolicyRegistry(cluster: Cluster): Promise<PolicyRegistry> {
  const certificates = makeCertificates(`IP:${cluster.hostAddress}`);
  const registry: ContainerRegistry = await startRegistry({ certificates, users: { [credentials.user]: credentials.password }, address: cluster.hostAddress });
  const { host } = registry;
  const reference = (name: string): string => `registry://${host}/policies/${name}:v1`;
  await using clients = openBench({ [host]: trusted(certificates.ca) }, { dockerConfig: dockerConfigOf(host, credentials.user, credentials.password) });
  try {
    for (const name of published) await pushModule(clients.registry, { module: servable(name), destination: parseDestination(reference(name)), annotations: {} });
  } catch (error) {
    await registry[Symbol.asyncDispose]();
    throw error;
  }
  return { host, certificates, moduleOf: reference, [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose]() };
}

/** A fixture as policy-servers take it: the adversarial ones are written without metadata. */
function servable(name: string): Uint8Array {
  const module = fixtureBytes(name);
  if (customSection(module, metadataSection) !== undefined) return module;
  return withCustomSection(module, metadataSection, new TextEncoder().encode(JSON.stringify({ protocolVersion: 'v1', executionMode: 'kubewarden-wapc', rules: podRules, mutating: false })));
}

/** The Secret with the registry's credentials. */
export function pullSecretObject({ host }: Pick<PolicyRegistry, 'host'>): object {
  const config = dockerConfigOf(host, credentials.user, credentials.password);
  return { apiVersion: 'v1', kind: 'Secret', type: 'kubernetes.io/dockerconfigjson', metadata: { name: pullSecret, namespace }, data: { '.dockerconfigjson': Buffer.from(JSON.stringify(config)).toString('base64') } };
}

/** Fields of a PolicyServer that may pull from the registry. */
export function sources({ host, certificates }: Pick<PolicyRegistry, 'host' | 'certificates'>): object {
  return { imagePullSecret: pullSecret, sourceAuthorities: { [host]: [certificates.ca] } };
}

/** A PolicyServer. */
export function policyServer(name: string, spec: object = {}): object {
  return { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name }, spec: { image: 'ghcr.io/wasmwarden/policy-server:latest', replicas: 1, ...spec } };
}

/** Rules that match Pods. */
export const podRules = [{ apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE', 'UPDATE'] }];

/** A cluster-wide policy. */
export function clusterPolicy(name: string, spec: object): object {
  return { apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', metadata: { name }, spec: { rules: podRules, mutating: false, settings: {}, ...spec } };
}

/** A policy of one namespace. */
export function namespacedPolicy(home: string, name: string, spec: object): object {
  return { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name, namespace: home }, spec: { rules: podRules, mutating: false, settings: {}, ...spec } };
}

/** A Pod that nobody has to run. */
export function pod(name: string, { privileged = false, home = 'default', labels = {} }: { readonly privileged?: boolean; readonly home?: string; readonly labels?: Readonly<Record<string, string>> } = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: home, labels },
    // Bound to no Node that exists: admission is all that is asked about.
    spec: { nodeSelector: { 'example.test/nowhere': 'true' }, containers: [{ name: 'main', image: 'example.test/main:v1', securityContext: { privileged } }] },
  };
}

/** Creates an object; undefined when it was admitted, else what the user is told. */
export async function refusal(cluster: Cluster, object: object, words: readonly string[] = []): Promise<string | undefined> {
  try {
    await cluster.kubectl(['create', '-f', '-', ...words], { input: JSON.stringify(object) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** Installs the product as a user does, and waits until its default PolicyServer serves. */
export async function install(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['apply', '-k', 'deploy/']);
  await cluster.kubectl(['apply', '-k', 'deploy/']);
  await cluster.until<ApiObject>('/apis/policies.kubewarden.io/v1/policyservers/default', (server) => server !== undefined);
  await rolledOut(cluster, 'policy-server-default');
}

/** Waits until a Deployment of the installation has come up. */
export async function rolledOut(cluster: Cluster, deployment: string): Promise<void> {
  await cluster.until(`/apis/apps/v1/namespaces/${namespace}/deployments/${deployment}`, (found) => found !== undefined);
  await cluster.kubectl(['rollout', 'status', `deployment/${deployment}`, '-n', namespace, '--timeout=120s']);
}

/** A policy's status, as far as tests look at it. */
export interface PolicyObject extends ApiObject {
  readonly status?: {
    readonly policyStatus?: string;
    readonly mode?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string; readonly message: string; readonly observedGeneration?: number }[];
  };
}

/** The path of a policy. */
export function policyPath(name: string, home?: string): string {
  return home === undefined ? `/apis/policies.kubewarden.io/v1/clusteradmissionpolicies/${name}` : `/apis/policies.kubewarden.io/v1/namespaces/${home}/admissionpolicies/${name}`;
}

/** Waits until a policy is enforced as it is now. */
export async function enforced(cluster: Cluster, name: string, home?: string): Promise<void> {
  await cluster.until<PolicyObject>(policyPath(name, home), (policy) => {
    const active = policy?.status?.conditions?.find(({ type }) => type === 'PolicyActive');
    return policy?.status?.policyStatus === 'active' && active?.status === 'True' && active.observedGeneration === policy.metadata.generation;
  });
}

/** A condition of an object. */
export function conditionOf(object: PolicyObject | undefined, type: string): { readonly status: string; readonly reason: string; readonly message: string } | undefined {
  return object?.status?.conditions?.find((condition) => condition.type === type);
}

/** Waits until a question has the wanted answer. */
export async function eventually(holds: () => Promise<boolean>, what: string, timeoutMs = 60_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; Date.now() < deadline; ) {
    if (await holds()) return;
    await delay(200);
  }
  throw new Error(`${what}: not within ${timeoutMs} ms`);
}

/** The Pods of a PolicyServer. */
export async function podsOf(cluster: Cluster, server: string): Promise<readonly ApiObject[]> {
  const { items } = await cluster.client.get<ApiList<ApiObject>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=kubewarden%2Fpolicy-server%3D${server}`);
  return items;
}
