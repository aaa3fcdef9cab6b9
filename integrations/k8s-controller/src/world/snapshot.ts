// From what is kept of the cluster to what is known for one reconcile.
import { z } from 'zod';

import { readPolicy, readPolicyServer, type Policy, type PolicyServer, type Reading, type Unreadable } from '../crds/custom-object.js';
import { isTerminating } from '../crds/metadata.js';
import { rolledOutVersion } from '../desired/policy-server.js';
import { configVersionLabel } from '../desired/labels.js';
import { formatIdentity, identityOf, policyId, serverObjectName, type PolicyIdentity } from '../desired/names.js';
import { webhookKinds } from '../desired/webhook.js';
import type { ClusterCache } from './cluster-cache.js';
import { identityOfObject, isPolicyKind, serverOfPolicy } from './keys.js';
import type { SeenObject } from './kubernetes-object.js';
import { readPod } from './pod.js';
import { pointsTo } from './seen-webhook.js';
import { settledAuthority } from './settled-authority.js';
import { readVersions } from './versions.js';
import type { WebhookAbsence } from './webhook-absence.js';
import type { BoundServer, PolicyWorld, Running, SeenWebhook, ServerWorld, UnreadablePolicyWorld } from './world.js';

/** What snapshots are made of. */
export interface SnapshotSource {
  readonly cache: Pick<ClusterCache, 'all' | 'boundTo' | 'find' | 'ofServer' | 'withPolicyId'>;
  readonly absence: Pick<WebhookAbsence, 'ofPolicy' | 'ofServer'>;
  /** Namespace of the policy-servers. */
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** Reading checks an object as a whole, and each is read for each of its neighbours. An object that changes is another object. */
const readPolicies = new WeakMap<SeenObject, Reading<Policy>>();
const endpointsSchema = z.array(z.object({ conditions: z.object({ ready: z.boolean().nullish() }).default({}), targetRef: z.object({ kind: z.string(), name: z.string() }).optional() })).catch([]);
const scaleSchema = z.object({ scaleTargetRef: z.object({ kind: z.string(), name: z.string() }) });
const templateSchema = z.object({ template: z.object({ metadata: z.object({ labels: z.record(z.string(), z.string()) }) }) });

/** A policy as it is stored; undefined when there is none. */
export function policyReading(source: Pick<SnapshotSource, 'cache'>, identity: PolicyIdentity): Reading<Policy> | undefined {
  const object = policyObject(source, identity);
  return object === undefined ? undefined : readOnce(object);
}

function policyObject({ cache }: Pick<SnapshotSource, 'cache'>, identity: PolicyIdentity): SeenObject | undefined {
  return cache.find(identity.kind, identity.name, identity.kind === 'AdmissionPolicy' ? identity.namespace : undefined);
}

/** A PolicyServer as it is stored; undefined when there is none. */
export function serverReading({ cache }: Pick<SnapshotSource, 'cache'>, name: string): Reading<PolicyServer> | undefined {
  const object = cache.find('PolicyServer', name);
  return object === undefined ? undefined : readPolicyServer(object);
}

/** What is known for a policy. */
export function policyWorld(source: SnapshotSource, policy: Policy): PolicyWorld {
  return { policy, ...bindings(source, identityOf(policy), policy.spec.policyServer), authority: settledAuthority(source) };
}

/** What is known of a policy that cannot be read. */
export function unreadablePolicyWorld(source: SnapshotSource, identity: PolicyIdentity, { metadata }: Unreadable): UnreadablePolicyWorld {
  const object = policyObject(source, identity);
  return { identity, metadata, ...bindings(source, identity, object === undefined ? '' : serverOfPolicy(object)) };
}

function bindings(source: SnapshotSource, identity: PolicyIdentity, server: string): Pick<PolicyWorld, 'server' | 'sameId' | 'webhooks' | 'webhooksGoneMs'> {
  const id = policyId(identity);
  const sameId = olderWithId(source, identity);
  return { server: boundServer(source, server), sameId, webhooks: sameId === undefined ? webhooksNamed(source, id) : [], webhooksGoneMs: source.absence.ofPolicy(id) };
}

/** What is known for a PolicyServer. */
export function serverWorld(source: SnapshotSource, server: PolicyServer): ServerWorld {
  const { cache } = source;
  const { name } = server.metadata;
  return {
    server,
    policies: policiesOn(source, name),
    running: running(source, name),
    seen: seenObjects(source, name),
    mounted: new Set([...cache.ofServer('ReplicaSet', name), ...cache.ofServer('Deployment', name)].flatMap(templateVersion).concat(cache.ofServer('Pod', name).flatMap(ownVersion))),
    autoscaled: cache.all('HorizontalPodAutoscaler').some(({ spec }) => scales(spec, name)),
    ...serverWebhooks(source, name),
    authority: settledAuthority(source),
  };
}

/** The policies bound to a PolicyServer that can be read, oldest first: of two with the same id the older one has it. */
export function policiesOn({ cache }: Pick<SnapshotSource, 'cache'>, server: string): readonly Policy[] {
  return cache
    .boundTo(server)
    .flatMap((object) => {
      const reading = readOnce(object);
      return reading.kind === 'read' ? [reading.value] : [];
    })
    .sort(byAge);
}

/** The webhook configurations that point to a PolicyServer, and since when there is none. */
export function serverWebhooks({ cache, absence }: SnapshotSource, server: string): Pick<ServerWorld, 'webhooks' | 'webhooksGoneMs'> {
  const webhooks = webhookKinds.flatMap((kind) => cache.all(kind).flatMap((object) => (pointsTo(object) === server ? [{ kind, object }] : [])));
  return { webhooks, webhooksGoneMs: absence.ofServer(server) };
}

/** The webhook configurations with the name of a policy's id. */
export function webhooksNamed({ cache }: Pick<SnapshotSource, 'cache'>, id: string): readonly SeenWebhook[] {
  return webhookKinds.flatMap((kind) => {
    const object = cache.find(kind, id);
    return object === undefined ? [] : [{ kind, object }];
  });
}

function readOnce(object: SeenObject): Reading<Policy> {
  const known = readPolicies.get(object);
  if (known !== undefined) return known;
  if (!isPolicyKind(object.kind)) throw new Error(`${object.kind} is no kind of policy`);
  const reading = readPolicy(object.kind, object);
  readPolicies.set(object, reading);
  return reading;
}

function olderWithId({ cache }: SnapshotSource, identity: PolicyIdentity): PolicyIdentity | undefined {
  const own = formatIdentity(identity);
  const [oldest] = cache
    .withPolicyId(policyId(identity))
    .map((object) => ({ identity: identityOfObject(object), since: object.metadata.creationTimestamp ?? '' }))
    .sort((a, b) => compare(a.since, b.since) || compare(formatIdentity(a.identity), formatIdentity(b.identity)));
  return oldest === undefined || formatIdentity(oldest.identity) === own ? undefined : oldest.identity;
}

function boundServer(source: SnapshotSource, name: string): BoundServer {
  const reading = serverReading(source, name);
  if (reading === undefined) return { kind: 'missing' };
  if (isTerminating(reading.kind === 'read' ? reading.value.metadata : reading.metadata)) return { kind: 'terminating' };
  if (reading.kind === 'unreadable') return { kind: 'unreadable' };
  const world = { server: reading.value, seen: source.cache.ofServer('Deployment', name), running: running(source, name) };
  return { kind: 'found', server: world.server, running: world.running, told: rolledOutVersion(world, source.namespace) };
}

function running({ cache }: SnapshotSource, server: string): Running {
  const endpoints = cache.ofServer('EndpointSlice', server).flatMap((slice) => endpointsSchema.parse(slice['endpoints']));
  return {
    pods: cache.ofServer('Pod', server).flatMap((pod) => readPod(pod) ?? []),
    // What is not said to be unready is ready (https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/#ready).
    endpoints: new Set(endpoints.flatMap(({ conditions, targetRef }) => (conditions.ready !== false && targetRef?.kind === 'Pod' ? [targetRef.name] : []))),
    versions: readVersions(cache.ofServer('ConfigMap', server)),
  };
}

function seenObjects({ cache, namespace }: SnapshotSource, server: string): readonly SeenObject[] {
  const secret = cache.find('Secret', serverObjectName(server), namespace);
  return [...(secret === undefined ? [] : [secret]), ...(['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget'] as const).flatMap((kind) => cache.ofServer(kind, server))];
}

function templateVersion({ spec }: SeenObject): readonly string[] {
  const parsed = templateSchema.safeParse(spec);
  const version = parsed.success ? parsed.data.template.metadata.labels[configVersionLabel] : undefined;
  return version === undefined ? [] : [version];
}

function ownVersion({ metadata }: SeenObject): readonly string[] {
  const version = metadata.labels?.[configVersionLabel];
  return version === undefined ? [] : [version];
}

function scales(spec: unknown, server: string): boolean {
  const parsed = scaleSchema.safeParse(spec);
  return parsed.success && parsed.data.scaleTargetRef.kind === 'Deployment' && parsed.data.scaleTargetRef.name === serverObjectName(server);
}

function byAge(a: Policy, b: Policy): number {
  return compare(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') || compare(formatIdentity(identityOf(a)), formatIdentity(identityOf(b)));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
