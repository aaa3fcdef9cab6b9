// One PolicyServer: observe, desired, plan, apply, status. The sequence is here, every decision elsewhere.
import { planLeaf, serverLeaf, type LeafPlan } from '../certificates/secrets.js';
import { isTerminating, type Metadata } from '../crds/metadata.js';
import type { Unreadable } from '../crds/custom-object.js';
import { policiesApiVersion } from '../crds/group.js';
import { serverConfiguration } from '../desired/configuration.js';
import { serverObjectName } from '../desired/names.js';
import { desiredServer, rolledOutVersion, serverRelease, type DesiredServer, type WantedPart } from '../desired/policy-server.js';
import { isAt, planFinalizer, planFor, type Plan } from '../plan/plan.js';
import { policyServerStatus, terminatingServerStatus, type PartProblem, type ReportedPart } from '../status/policy-server-status.js';
import { rolloutFailure } from '../status/rollout.js';
import { unreadableServerStatus } from '../status/unreadable.js';
import type { ObjectReference } from '../world/kubernetes-object.js';
import { trustedBy } from '../world/seen-webhook.js';
import { serverReading, serverWebhooks, serverWorld } from '../world/snapshot.js';
import type { ServerWorld } from '../world/world.js';
import { carryOut, settled, soonest, type Failure, type Reconciled } from './outcome.js';
import type { Surroundings } from './surroundings.js';

/** Reconciles a PolicyServer. What belongs to one that is gone is for Kubernetes to delete. */
export async function reconcilePolicyServer(name: string, surroundings: Surroundings): Promise<Reconciled> {
  const reading = serverReading(surroundings.source, name);
  if (reading === undefined) {
    surroundings.windows.forget(name);
    return settled;
  }
  const stored = reading.kind === 'read' ? reading.value : reading;
  if (isTerminating(stored.metadata)) return release(stored, surroundings);
  if (reading.kind === 'unreadable') {
    const failures = await surroundings.status.write({ reference: referenceOf(name), metadata: reading.metadata, before: reading.status, after: unreadableServerStatus(reading, surroundings.finding(reading.metadata)) });
    return { failures, nextMs: undefined };
  }
  const world = serverWorld(surroundings.source, reading.value);
  const desired = desiredOf(world, surroundings);
  const maintained = await maintain(world, desired, surroundings);
  // The Deployment may be seen as it was a while longer: what changes until then waits for others anew, as after any rollout.
  if (maintained.failures.length === 0 && desired.version !== rolledOutVersion(world, surroundings.source.namespace)) surroundings.windows.forget(name);
  return maintained;
}

function desiredOf(world: ServerWorld, { windows, defaults }: Surroundings): DesiredServer {
  const configuration = serverConfiguration(world.server, world.policies);
  const current = rolledOutVersion(world, defaults.namespace);
  const quiet = windows.observe(world.server.metadata.name, configuration.hash, current);
  return desiredServer({ world, configuration, current, quiet, defaults });
}

async function maintain(world: ServerWorld, desired: DesiredServer, { source, writer, status, finding }: Surroundings): Promise<Reconciled> {
  const { server } = world;
  const failures: Failure[] = [...(await carryOut([finalizerPlan(server.metadata, 'present')], writer))];
  const problems = new Map<ReportedPart, PartProblem>();
  const unfinalized = failures.find(({ expected }) => !expected);
  const note = (part: ReportedPart, failed: readonly Failure[]): void => {
    failures.push(...failed);
    for (const { message, expected } of failed) if (!expected) problems.set(part, { message, waiting: false });
  };
  const certificate = certificatePlan(world, source.namespace, source.nowMs());
  if (certificate === undefined) problems.set('certificate', { message: 'there is no certificate authority yet', waiting: true });
  else note('certificate', await carryOut([{ kind: 'steps', actions: certificate.actions }], writer));
  // Pods mount the certificate and the configuration: without either they would wait, and the rollout would look broken.
  let mountable = certificate !== undefined && failures.length === 0;
  for (const part of desired.parts) {
    if (part.problem !== undefined) problems.set(part.part, { message: part.problem, waiting: false });
    if (part.part === 'deployment' && !mountable) {
      problems.set('deployment', unfinalized === undefined ? { message: 'waiting for the certificate and the configuration', waiting: true } : { message: unfinalized.message, waiting: false });
      continue;
    }
    const failed = await carryOut(plansOf(part, world), writer);
    note(part.part, failed);
    if (part.part === 'configuration') mountable &&= failed.length === 0;
  }
  const failure = desired.version === undefined ? undefined : rolloutFailure(world.running.pods, desired.version);
  const written = await status.write({
    reference: referenceOf(server.metadata.name),
    metadata: server.metadata,
    before: server.status,
    after: policyServerStatus(world, { problems, failure }, finding(server.metadata)),
  });
  return { failures: [...failures, ...written], nextMs: soonest(desired.nextMs, certificate?.nextMs) };
}

/** Lets a PolicyServer go that is being deleted, be its spec readable or not. */
async function release({ metadata, status: before }: Pick<Unreadable, 'metadata' | 'status'>, { source, writer, status, finding }: Surroundings): Promise<Reconciled> {
  const { webhooks, webhooksGoneMs } = serverWebhooks(source, metadata.name);
  const { finalizer, nextMs } = serverRelease({ webhooksGoneMs });
  const written = await status.write({ reference: referenceOf(metadata.name), metadata, before, after: terminatingServerStatus(before, webhooks, finding(metadata)) });
  const failures = await carryOut([finalizerPlan(metadata, finalizer)], writer);
  return { failures: [...written, ...failures], nextMs };
}

function certificatePlan({ server, seen, webhooks, authority }: ServerWorld, namespace: string, nowMs: number): LeafPlan | undefined {
  if (authority === undefined) return undefined;
  const reference: ObjectReference = { apiVersion: 'v1', kind: 'Secret', name: serverObjectName(server.metadata.name), namespace };
  const trusted = webhooks.every(({ object }) => trustedBy(object).includes(authority.certificate.trim()));
  return planLeaf(serverLeaf(server, namespace), { seen: seen.find((object) => isAt(object, reference)), authority, trusted, nowMs });
}

function plansOf({ wanted }: WantedPart, { seen }: ServerWorld): readonly Plan[] {
  return wanted.map((each) => planFor(each, seen));
}

function finalizerPlan(metadata: Metadata, wanted: 'present' | 'absent' | 'hold'): Plan {
  const action = planFinalizer({ apiVersion: policiesApiVersion, kind: 'PolicyServer', metadata }, wanted);
  return { kind: 'steps', actions: action === undefined ? [] : [action] };
}

function referenceOf(name: string): ObjectReference {
  return { apiVersion: policiesApiVersion, kind: 'PolicyServer', name };
}
