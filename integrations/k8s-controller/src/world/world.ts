// What is: read-only snapshots for one reconcile. Everything that decisions rest on is in here; nothing is asked of the cluster later.
import type { Policy, PolicyServer } from '../crds/custom-object.js';
import type { Metadata } from '../crds/metadata.js';
import type { ConfigHash } from '../desired/config-hash.js';
import type { PolicyIdentity } from '../desired/names.js';
import type { WebhookKind } from '../desired/webhook.js';
import type { SeenObject } from './kubernetes-object.js';
import type { ServerPod } from './pod.js';
import type { Versions } from './versions.js';

/** What runs of a policy-server. */
export interface Running {
  readonly pods: readonly ServerPod[];
  /** Names of Pods that requests are sent to, by the Service's endpoints. */
  readonly endpoints: ReadonlySet<string>;
  readonly versions: Versions;
}

/** A webhook configuration of a policy. */
export interface SeenWebhook {
  readonly kind: WebhookKind;
  readonly object: SeenObject;
}

/** The certificate authority, as its Secret says. */
export interface Authority {
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
  /** The certificate of the authority before, while something may still be signed by it. */
  readonly previous: string | undefined;
}

/** A PolicyServer, as a policy sees it. */
export type BoundServer = { readonly kind: 'missing' } | { readonly kind: 'unreadable' } | { readonly kind: 'terminating' } | FoundServer;

/** A PolicyServer that can serve. */
export interface FoundServer {
  readonly kind: 'found';
  readonly server: PolicyServer;
  readonly running: Running;
  /** The version that the Deployment was told to run. */
  readonly told: ConfigHash | undefined;
}

/** What is known when a policy is reconciled. */
export interface PolicyWorld {
  readonly policy: Policy;
  readonly server: BoundServer;
  /** An older policy with the same id, which has the id to itself. */
  readonly sameId: PolicyIdentity | undefined;
  readonly webhooks: readonly SeenWebhook[];
  /** Milliseconds since the policy's webhooks were first seen to be gone, as far as this process knows; undefined while there is one. */
  readonly webhooksGoneMs: number | undefined;
  readonly authority: Authority | undefined;
}

/** What is known of a policy that cannot be read. */
export interface UnreadablePolicyWorld extends Pick<PolicyWorld, 'server' | 'sameId' | 'webhooks' | 'webhooksGoneMs'> {
  readonly identity: PolicyIdentity;
  readonly metadata: Metadata;
}

/** What is known when a PolicyServer is reconciled. */
export interface ServerWorld {
  readonly server: PolicyServer;
  /** The policies bound to it, in the order of its configuration; also those being deleted. */
  readonly policies: readonly Policy[];
  readonly running: Running;
  /** Objects of the server, as they are. */
  readonly seen: readonly SeenObject[];
  /** Versions that a Deployment, ReplicaSet or Pod may still mount. */
  readonly mounted: ReadonlySet<string>;
  /** An autoscaler decides the number of Pods. */
  readonly autoscaled: boolean;
  /** The webhook configurations that point to the server. */
  readonly webhooks: readonly SeenWebhook[];
  /** Milliseconds since the last of the policies' webhooks was first seen to be gone; undefined while there is one. */
  readonly webhooksGoneMs: number | undefined;
  readonly authority: Authority | undefined;
}
