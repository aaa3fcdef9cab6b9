// The authority, the controller's own certificate and the audit scanner's. Those of policy-servers are made with the rest of each.
import { auditScannerLeaf, controllerLeaf, planAuthority, planLeaf, type LeafPlace, type LeafPlan } from '../certificates/secrets.js';
import { secretNames } from '../desired/names.js';
import { trustedBy } from '../world/seen-webhook.js';
import { authorityDecisionOf, ownConfigurations } from '../world/settled-authority.js';
import { carryOut, soonest, type Reconciled } from './outcome.js';
import type { Surroundings } from './surroundings.js';

/** Reconciles the certificates that belong to no PolicyServer. */
export async function reconcileCertificates({ source, writer, service }: Surroundings): Promise<Reconciled> {
  const { cache, namespace, nowMs } = source;
  const secret = cache.find('Secret', secretNames.authority, namespace);
  const decision = authorityDecisionOf(source);
  const failures = await carryOut([{ kind: 'steps', actions: planAuthority(secret, decision, namespace) }], writer);
  // What was changed comes back as a change of the Secret, and then the rest follows.
  if (decision.kind !== 'keep') return { failures, nextMs: undefined };
  const { authority } = decision;
  const own = ownConfigurations(source);
  const trusted = own.every((object) => trustedBy(object).includes(authority.certificate.trim()));
  const plan = (place: LeafPlace, isTrusted: boolean): LeafPlan => planLeaf(place, { seen: cache.find('Secret', place.secret.name, namespace), authority, trusted: isTrusted, nowMs: nowMs() });
  // Policy-servers learn of a new authority by the Secret itself.
  const leaves = [plan(controllerLeaf(service, namespace), trusted), plan(auditScannerLeaf(namespace), true)];
  const failed = await carryOut(leaves.map(({ actions }) => ({ kind: 'steps', actions })), writer);
  return { failures: failed, nextMs: soonest(decision.nextMs, ...leaves.map(({ nextMs }) => nextMs)) };
}
