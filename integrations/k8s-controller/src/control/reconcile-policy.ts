// One policy: observe, desired, plan, apply, status. The sequence is here, every decision elsewhere.
import { isTerminating } from '../crds/metadata.js';
import type { Policy, Unreadable } from '../crds/custom-object.js';
import { policiesApiVersion } from '../crds/group.js';
import { desiredPolicy, desiredUnreadable } from '../desired/policy.js';
import { policyNameAnnotation, policyNamespaceAnnotation } from '../desired/labels.js';
import { policyId, type PolicyIdentity } from '../desired/names.js';
import { absent } from '../desired/wanted.js';
import { isAt, planFinalizer, planFor, type Plan } from '../plan/plan.js';
import { policyStatus } from '../status/policy-status.js';
import { unreadableStatus } from '../status/unreadable.js';
import { referenceTo, type ObjectReference, type SeenObject } from '../world/kubernetes-object.js';
import { policyReading, policyWorld, unreadablePolicyWorld, webhooksNamed } from '../world/snapshot.js';
import { webhookApiVersion, webhookKindOf } from '../desired/webhook.js';
import { carryOut, settled, type Failure, type Reconciled } from './outcome.js';
import type { Surroundings } from './surroundings.js';

/** Reconciles a policy, or what is left of one. */
export async function reconcilePolicy(identity: PolicyIdentity, surroundings: Surroundings): Promise<Reconciled> {
  const reading = policyReading(surroundings.source, identity);
  if (reading === undefined) return removeRemains(identity, surroundings);
  if (reading.kind === 'unreadable') return reconcileUnreadable(identity, reading, surroundings);
  return reconcileReadable(identity, reading.value, surroundings);
}

async function reconcileReadable(identity: PolicyIdentity, policy: Policy, { source, writer, status, finding }: Surroundings): Promise<Reconciled> {
  const world = policyWorld(source, policy);
  const object = { apiVersion: policiesApiVersion, kind: policy.kind, metadata: policy.metadata };
  const desired = desiredPolicy(world, source.namespace);
  const finalizing = planFinalizer(object, desired.finalizer);
  const seen = world.webhooks.map((webhook) => webhook.object);
  const webhooks = desired.webhooks.map((wanted) => planFor(wanted, seen));
  const finalizer: Plan = { kind: 'steps', actions: finalizing === undefined ? [] : [finalizing] };
  // A webhook is written only for a policy that cannot vanish without its removal.
  const failures = await carryOut(isTerminating(policy.metadata) ? webhooks : [finalizer, ...webhooks], writer);
  const problem = failures.find(({ expected }) => !expected)?.message;
  const idle = webhooks.every((plan) => plan.kind === 'steps' && plan.actions.every(({ kind }) => kind === 'delete')) && seen.some(({ kind }) => kind === webhookKindOf(policy));
  // A webhook that was made just now comes back as a change, and then there is more to say: one write instead of two.
  if (failures.length === 0 && webhooks.some((plan) => makesOne(plan, seen))) return { failures, nextMs: desired.nextMs };
  const written = await status.write({
    reference: referenceOf(identity),
    metadata: policy.metadata,
    before: policy.status,
    after: policyStatus(world, { desired, settled: idle, problem }, finding(policy.metadata)),
  });
  const released = isTerminating(policy.metadata) && failures.length === 0 ? await carryOut([finalizer], writer) : [];
  return { failures: [...failures, ...written, ...released], nextMs: desired.nextMs };
}

async function reconcileUnreadable(identity: PolicyIdentity, reading: Unreadable, { source, writer, status, finding }: Surroundings): Promise<Reconciled> {
  const { metadata, status: before } = reading;
  const world = unreadablePolicyWorld(source, identity, reading);
  const desired = desiredUnreadable(world);
  const seen = world.webhooks.map(({ object }) => object);
  const removed = await carryOut(desired.webhooks.map((wanted) => planFor(wanted, seen)), writer);
  const written = await status.write({ reference: referenceOf(identity), metadata, before, after: unreadableStatus(identity.kind, reading, finding(metadata)) });
  const finalizing = planFinalizer({ apiVersion: policiesApiVersion, kind: identity.kind, metadata }, desired.finalizer);
  const released = removed.length === 0 && finalizing !== undefined ? await carryOut([{ kind: 'steps', actions: [finalizing] }], writer) : [];
  return { failures: [...removed, ...written, ...released], nextMs: desired.nextMs };
}

/** Whether a plan makes an object that was not there. */
function makesOne(plan: Plan, seen: readonly SeenObject[]): boolean {
  return plan.kind === 'steps' && plan.actions.some((action) => action.kind === 'apply' && !seen.some((object) => isAt(object, referenceTo(action.object))));
}

/** Takes away the webhooks of a policy that is gone without them: somebody removed its finalizer by hand. */
async function removeRemains(identity: PolicyIdentity, { source, writer }: Surroundings): Promise<Reconciled> {
  const id = policyId(identity);
  if (source.cache.withPolicyId(id).length > 0) return settled;
  const seen = webhooksNamed(source, id).map(({ object }) => object);
  const own = seen.filter(({ metadata: { annotations = {} } }) => annotations[policyNameAnnotation] === identity.name && annotations[policyNamespaceAnnotation] === (identity.kind === 'AdmissionPolicy' ? identity.namespace : ''));
  const failures: readonly Failure[] = await carryOut(
    own.map((object) => planFor(absent({ ...referenceTo(object), apiVersion: webhookApiVersion }), seen)),
    writer,
  );
  return { failures, nextMs: undefined };
}

function referenceOf(identity: PolicyIdentity): ObjectReference {
  return { apiVersion: policiesApiVersion, kind: identity.kind, name: identity.name, ...(identity.kind === 'AdmissionPolicy' ? { namespace: identity.namespace } : {}) };
}
