// What ought to be for a policy: its webhook configuration, and whether the policy may go. The configuration is written only when the
// policy is served wherever requests go, and is taken away before the policy leaves its server.
import { isTerminating, type Metadata } from '../crds/metadata.js';
import type { SeenObject, Manifest } from '../world/kubernetes-object.js';
import type { PolicyWorld, SeenWebhook, UnreadablePolicyWorld } from '../world/world.js';
import { reachOf, type Reach } from '../status/rollout.js';
import { authorityBundle } from '../certificates/bundle.js';
import { canonicalJson } from './canonical-json.js';
import { partOf, partOfLabel } from './labels.js';
import { policyId, policyIdOf, type PolicyId } from './names.js';
import { policyEntry } from './policies-file.js';
import { absent, hold, present, type Wanted } from './wanted.js';
import { counterpartOf, webhookConfiguration, webhookKindOf, webhookKinds, webhookReference, type WebhookKind } from './webhook.js';

/**
 * How long a policy is served after its webhook is gone, in milliseconds: API servers learn of it by watching, each in its own time, and
 * until then they send requests that nobody else could answer.
 */
export const webhookGraceMs = 10_000;

/** What ought to be for a policy. */
export interface DesiredPolicy {
  readonly webhooks: readonly Wanted[];
  /** Whether the finalizer belongs on the policy; `hold` while it must not be removed yet. */
  readonly finalizer: 'present' | 'absent' | 'hold';
  /** When to look again though nothing happens, in milliseconds. */
  readonly nextMs: number | undefined;
  readonly reach: Reach;
  /** What its server is to be told, as canonical JSON; undefined where there is no server. */
  readonly entryText: string | undefined;
}

const nowhere: Reach = { kind: 'nowhere' };

/** What ought to be for a policy. */
export function desiredPolicy(world: PolicyWorld, namespace: string): DesiredPolicy {
  const { policy, server, sameId } = world;
  const entryText = server.kind === 'found' && sameId === undefined ? canonicalJson(policyEntry(server.server, policy)) : undefined;
  const reach = server.kind === 'found' && entryText !== undefined ? reachOf(server.running, policyIdOf(policy), entryText) : nowhere;
  return { webhooks: desiredWebhooks(world, namespace, reach), ...release({ ...world, metadata: policy.metadata }), reach, entryText };
}

/** What ought to be for a policy that cannot be read: nobody can serve it, and nothing keeps it from going. */
export function desiredUnreadable(world: UnreadablePolicyWorld): Pick<DesiredPolicy, 'webhooks' | 'finalizer' | 'nextMs'> {
  const { identity, metadata, server, sameId } = world;
  const isGoing = isTerminating(metadata);
  const webhooks = sameId === undefined && (isGoing || isUnserved(server)) ? absentWebhooks(policyId(identity)) : [];
  return { webhooks, ...(isGoing ? release(world) : { finalizer: 'hold', nextMs: undefined }) };
}

function isUnserved({ kind }: PolicyWorld['server']): boolean {
  return kind === 'missing' || kind === 'terminating';
}

function absentWebhooks(id: PolicyId): readonly Wanted[] {
  return webhookKinds.map((kind) => absent(webhookReference(id, kind)));
}

function desiredWebhooks(world: PolicyWorld, namespace: string, reach: Reach): readonly Wanted[] {
  const { policy, server, sameId, authority } = world;
  const own = webhookKindOf(policy);
  const counterpart = counterpartOf(own);
  // What has this policy's id belongs to another policy.
  if (sameId !== undefined) return [];
  if (isTerminating(policy.metadata) || isUnserved(server)) return absentWebhooks(policyIdOf(policy));
  if (authority === undefined) return [held(world, own, 'waiting for the certificate authority'), held(world, counterpart, 'waiting for the certificate authority')];
  const authorities = authorityBundle(authority);
  if (!mayRegister(world, reach)) return [refreshed(world, own, authorities), refreshed(world, counterpart, authorities)];
  const registered = world.webhooks.some(({ kind }) => kind === own);
  return [
    present(webhookConfiguration(policy, { namespace, authorities }), { exact: ['webhooks'] }),
    // The old kind goes only when the new one is there: for a moment both are asked, and never none.
    registered ? absent(webhookReference(policyIdOf(policy), counterpart)) : refreshed(world, counterpart, authorities),
  ];
}

/** A policy that is new waits until every Pod that will serve it has come up; one that was enforced before is not given up for one that starts. */
function mayRegister({ policy, webhooks }: PolicyWorld, reach: Reach): boolean {
  return reach.kind === 'everywhere' && (reach.settled || webhooks.length > 0 || policy.status?.policyStatus === 'active');
}

function held({ policy }: PolicyWorld, kind: WebhookKind, because: string): Wanted {
  return hold(webhookReference(policyIdOf(policy), kind), because);
}

/** What is registered stays as it is, but for the authorities: a rollout that does not end must not outlive a change of them. */
function refreshed(world: PolicyWorld, kind: WebhookKind, authorities: string): Wanted {
  const seen = world.webhooks.find((webhook) => webhook.kind === kind);
  if (seen === undefined) return held(world, kind, 'waiting until every Pod serves the policy');
  return present(withAuthorities(seen, authorities), { exact: ['webhooks'] });
}

function withAuthorities({ kind, object }: SeenWebhook, authorities: string): Manifest {
  const caBundle = Buffer.from(authorities, 'utf8').toString('base64');
  const webhooks = webhooksOf(object).map((webhook) => ({ ...webhook, clientConfig: { ...webhook.clientConfig, caBundle } }));
  return { apiVersion: object.apiVersion, kind, metadata: { name: object.metadata.name, labels: { [partOfLabel]: partOf } }, webhooks };
}

interface SeenEntry {
  readonly clientConfig?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

function webhooksOf({ webhooks }: SeenObject): readonly SeenEntry[] {
  return Array.isArray(webhooks) ? (webhooks as readonly SeenEntry[]) : [];
}

function release({ metadata, server, sameId, webhooksGoneMs }: Pick<PolicyWorld, 'server' | 'sameId' | 'webhooksGoneMs'> & { readonly metadata: Metadata }): Pick<DesiredPolicy, 'finalizer' | 'nextMs'> {
  if (!isTerminating(metadata)) return { finalizer: 'present', nextMs: undefined };
  // Nobody serves it, or another policy has the webhook: there is nothing to wait for.
  if (sameId !== undefined) return { finalizer: 'absent', nextMs: undefined };
  if (webhooksGoneMs === undefined) return { finalizer: 'hold', nextMs: undefined };
  if (server.kind === 'missing' || webhooksGoneMs >= webhookGraceMs) return { finalizer: 'absent', nextMs: undefined };
  return { finalizer: 'hold', nextMs: webhookGraceMs - webhooksGoneMs };
}
