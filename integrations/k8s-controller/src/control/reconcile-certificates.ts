// The authority, the controller's own certificate and the audit scanner's. Those of policy-servers are made with the rest of each.
import { authorityDecision, isAuthority, issuersInUse, readAuthority } from '../certificates/renewal.js';
import { auditScannerLeaf, controllerLeaf, planAuthority, planLeaf, type LeafPlace, type LeafPlan } from '../certificates/secrets.js';
import { ownWebhookNames, secretNames, serverNameOf } from '../desired/names.js';
import type { SeenObject } from '../world/kubernetes-object.js';
import { pointsTo, trustedBy } from '../world/seen-webhook.js';
import type { SnapshotSource } from '../world/snapshot.js';
import { carryOut, soonest, type Reconciled } from './outcome.js';
import type { Surroundings } from './surroundings.js';

/** Reconciles the certificates that belong to no PolicyServer. */
export async function reconcileCertificates({ source, writer, service }: Surroundings): Promise<Reconciled> {
  const { cache, namespace, nowMs } = source;
  const secret = cache.find('Secret', secretNames.authority, namespace);
  const decision = authorityDecision(secret, nowMs(), issuersInUse(trustedCertificates(source), servedLeaves(source), nowMs()));
  const failures = await carryOut([{ kind: 'steps', actions: planAuthority(secret, decision, namespace) }], writer);
  const authority = readAuthority(secret, nowMs());
  // A new authority comes back as a change of its Secret, and then the rest follows.
  if (!isAuthority(authority) || failures.length > 0) return { failures, nextMs: undefined };
  const own = ownConfigurations(source);
  const trusted = own.every((object) => trustedBy(object).includes(authority.certificate.trim()));
  const plan = (place: LeafPlace, isTrusted: boolean): LeafPlan => planLeaf(place, { seen: cache.find('Secret', place.secret.name, namespace), authority, trusted: isTrusted, nowMs: nowMs() });
  // Policy-servers learn of a new authority by the Secret itself.
  const leaves = [plan(controllerLeaf(service, namespace), trusted), plan(auditScannerLeaf(namespace), true)];
  const failed = await carryOut(leaves.map(({ actions }) => ({ kind: 'steps', actions })), writer);
  return { failures: failed, nextMs: soonest(decision.kind === 'keep' ? decision.nextMs : undefined, ...leaves.map(({ nextMs }) => nextMs)) };
}

/** What API servers were told to trust. */
function trustedCertificates(source: SnapshotSource): readonly string[] {
  const { cache } = source;
  const policies = (['ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration'] as const).flatMap((kind) => cache.all(kind).filter((object) => pointsTo(object) !== undefined));
  return [...policies, ...ownConfigurations(source)].flatMap(trustedBy);
}

/** Certificates that are being served to API servers. */
function servedLeaves({ cache, namespace }: SnapshotSource): readonly SeenObject[] {
  return cache.all('Secret').filter(({ metadata }) => metadata.namespace === namespace && (metadata.name === secretNames.controller || serverNameOf(metadata.name) !== undefined));
}

function ownConfigurations({ cache }: SnapshotSource): readonly SeenObject[] {
  return [cache.find('MutatingWebhookConfiguration', ownWebhookNames.mutating), cache.find('ValidatingWebhookConfiguration', ownWebhookNames.validating)].filter((object) => object !== undefined);
}
