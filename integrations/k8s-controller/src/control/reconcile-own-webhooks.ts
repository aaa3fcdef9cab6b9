// The registrations of the controller's own webhooks: made when they answer, kept as they ought to be, back when somebody removes them.
import { authorityBundle } from '../certificates/bundle.js';
import { ownWebhookConfigurations } from '../desired/own-webhooks.js';
import { present } from '../desired/wanted.js';
import { planFor } from '../plan/plan.js';
import { settledAuthority } from '../world/settled-authority.js';
import { carryOut, settled, type Reconciled } from './outcome.js';
import type { Surroundings } from './surroundings.js';
import type { WebhookKind } from '../desired/webhook.js';

/** When to look again whether the webhooks answer, in milliseconds. */
const retryMs = 1_000;

/** Reconciles the registrations. */
export async function reconcileOwnWebhooks({ source, writer, service, ownWebhooksServe, namespaceOwner }: Surroundings): Promise<Reconciled> {
  const authority = settledAuthority(source);
  if (authority === undefined) return settled;
  const authorities = authorityBundle(authority);
  const wanted = ownWebhookConfigurations({ namespace: source.namespace, service, authorities, owner: await namespaceOwner() });
  const seen = wanted.flatMap(({ kind, metadata }) => source.cache.find(kind as WebhookKind, metadata.name) ?? []);
  // Registered before they answer, they would keep everybody from writing our resources.
  if (seen.length < wanted.length && !(await ownWebhooksServe(authorities))) return { failures: [], nextMs: retryMs };
  const failures = await carryOut(wanted.map((object) => planFor(present(object, { exact: ['webhooks'] }), seen)), writer);
  return { failures, nextMs: undefined };
}
