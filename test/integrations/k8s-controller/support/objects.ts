// Objects for tests of the controller, frozen: a builder that changes what it is given fails at once.
import type { AdmissionPolicy, ClusterAdmissionPolicy, PolicyServer } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { readPolicy, readPolicyServer } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import { canonicalJson } from '../../../../integrations/k8s-controller/src/desired/canonical-json.js';
import type { ConfigHash } from '../../../../integrations/k8s-controller/src/desired/config-hash.js';
import { serverConfiguration } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import { policyIdOf } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { policyEntry } from '../../../../integrations/k8s-controller/src/desired/policies-file.js';
import type { ServerDefaults } from '../../../../integrations/k8s-controller/src/desired/server-defaults.js';
import type { SeenObject } from '../../../../integrations/k8s-controller/src/world/kubernetes-object.js';
import type { ServerPod } from '../../../../integrations/k8s-controller/src/world/pod.js';
import type { Running } from '../../../../integrations/k8s-controller/src/world/world.js';

/** A value that nobody can change. */
export function frozen<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) frozen(member);
  }
  return value;
}

export const namespace = 'kubewarden';

/** Options of the controller, none of them used. */
export function defaults(changes: Partial<ServerDefaults> = {}): ServerDefaults {
  return frozen({
    namespace,
    metricsPort: 8080,
    telemetry: { metrics: false, tracing: false, collector: { kind: 'remote', variables: {}, certificateSecret: undefined, clientCertificateSecret: undefined } },
    alwaysAcceptOwnNamespace: false,
    clientCaConfigMap: undefined,
    imagePullSecrets: [],
    hostNetwork: false,
    ...changes,
  });
}

/** A PolicyServer as the API server would give it. */
export function policyServer(spec: object = {}, metadata: object = {}, status?: object): PolicyServer {
  const reading = readPolicyServer({ metadata: { name: 'default', uid: 'server-uid', generation: 3, ...metadata }, spec: { image: 'registry.test/policy-server:v1', replicas: 1, ...spec }, status });
  if (reading.kind === 'unreadable') throw new Error(JSON.stringify(reading.problems));
  return frozen(reading.value);
}

const rules = [{ operations: ['CREATE', 'UPDATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];

/** A cluster-wide policy as the API server would give it. */
export function clusterPolicy(spec: object = {}, metadata: object = {}, status?: object): ClusterAdmissionPolicy {
  const object = { metadata: { name: 'privileged', uid: 'policy-uid', generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec: { module: 'registry://registry.test/privileged:v1', mutating: false, rules, ...spec }, status };
  const reading = readPolicy('ClusterAdmissionPolicy', object);
  if (reading.kind === 'unreadable' || reading.value.kind !== 'ClusterAdmissionPolicy') throw new Error(JSON.stringify(reading));
  return frozen(reading.value);
}

/** A policy of one namespace as the API server would give it. */
export function namespacedPolicy(spec: object = {}, metadata: object = {}, status?: object): AdmissionPolicy {
  const object = { metadata: { name: 'privileged', namespace: 'tenant', uid: 'policy-uid', generation: 2, creationTimestamp: '2026-01-01T00:00:00Z', ...metadata }, spec: { module: 'registry://registry.test/privileged:v1', mutating: false, rules, ...spec }, status };
  const reading = readPolicy('AdmissionPolicy', object);
  if (reading.kind === 'unreadable' || reading.value.kind !== 'AdmissionPolicy') throw new Error(JSON.stringify(reading));
  return frozen(reading.value);
}

/** A version's hash: the same digit, 32 times. */
export function hash(digit: string): ConfigHash {
  return digit.repeat(32) as ConfigHash;
}

/** A ready Pod of a version. */
export function serverPod(name: string, version: ConfigHash | undefined, changes: Partial<ServerPod> = {}): ServerPod {
  return { name, version, ready: true, terminating: false, failure: undefined, ...changes };
}

/** What runs: Pods, all ready ones of them endpoints, and versions that say something of policies. */
export function running(pods: readonly ServerPod[], versions: Readonly<Record<string, Readonly<Record<string, string>>>>, endpoints?: readonly string[]): Running {
  const reached = endpoints ?? pods.filter(({ ready, terminating }) => ready && !terminating).map(({ name }) => name);
  return frozen({ pods, endpoints: new Set(reached), versions: new Map(Object.entries(versions).map(([version, entries]) => [version as ConfigHash, new Map(Object.entries(entries))])) });
}

/** What a version says of a policy. */
export function entryText(server: PolicyServer, policy: ClusterAdmissionPolicy | AdmissionPolicy): string {
  return canonicalJson(policyEntry(server, policy));
}

/** Pods that serve a server's policies, and nothing else. */
export function serving(server: PolicyServer, policies: readonly (ClusterAdmissionPolicy | AdmissionPolicy)[], pods = 1): Running {
  const { hash: version } = serverConfiguration(server, policies);
  return running(
    Array.from({ length: pods }, (_, index) => serverPod(`pod-${index}`, version)),
    { [version]: Object.fromEntries(policies.map((policy) => [policyIdOf(policy), entryText(server, policy)])) },
  );
}

/** An object in the cluster. */
export function seen(kind: string, name: string, fields: object = {}, metadata: object = {}): SeenObject {
  return frozen({ apiVersion: 'v1', kind, metadata: { name, namespace, uid: `${name}-uid`, resourceVersion: '1', ...metadata }, ...fields });
}
