// The authority as everybody may go by it: only once its Secret says which certificates are trusted. Whoever acted on a Secret that
// somebody has just replaced could make API servers forget the authority that signed what is being served.
import { authorityDecision, issuersInUse, type AuthorityDecision } from '../certificates/renewal.js';
import { ownWebhookNames, secretNames, serverNameOf } from '../desired/names.js';
import type { WatchedKind } from './cluster-cache.js';
import type { SeenObject } from './kubernetes-object.js';
import { pointsTo, trustedBy } from './seen-webhook.js';
import type { Authority } from './world.js';

/** Where the authority and what it signed are found. */
export interface AuthoritySource {
  readonly cache: {
    all(kind: WatchedKind): readonly SeenObject[];
    find(kind: WatchedKind, name: string, namespace?: string): SeenObject | undefined;
  };
  /** Namespace of the policy-servers. */
  readonly namespace: string;
  /** Milliseconds since 1970. */
  readonly nowMs: () => number;
}

/** What is to be done about the authority, by all that the cluster trusts and serves. */
export function authorityDecisionOf(source: AuthoritySource): AuthorityDecision {
  const { cache, namespace, nowMs } = source;
  return authorityDecision(cache.find('Secret', secretNames.authority, namespace), nowMs(), issuersInUse(trustedCertificates(source), servedLeaves(source), nowMs()));
}

/** The authority; undefined while its Secret is missing or is to be changed first. */
export function settledAuthority(source: AuthoritySource): Authority | undefined {
  const decision = authorityDecisionOf(source);
  return decision.kind === 'keep' ? decision.authority : undefined;
}

/** Our own webhook configurations that are there. */
export function ownConfigurations({ cache }: Pick<AuthoritySource, 'cache'>): readonly SeenObject[] {
  return [cache.find('MutatingWebhookConfiguration', ownWebhookNames.mutating), cache.find('ValidatingWebhookConfiguration', ownWebhookNames.validating)].filter((object) => object !== undefined);
}

/** What API servers were told to trust. */
function trustedCertificates(source: AuthoritySource): readonly string[] {
  const policies = (['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const).flatMap((kind) => source.cache.all(kind).filter((object) => pointsTo(object) !== undefined));
  return [...policies, ...ownConfigurations(source)].flatMap(trustedBy);
}

/** Certificates that are being served to API servers. */
function servedLeaves({ cache, namespace }: AuthoritySource): readonly SeenObject[] {
  return cache.all('Secret').filter(({ metadata }) => metadata.namespace === namespace && (metadata.name === secretNames.controller || serverNameOf(metadata.name) !== undefined));
}
