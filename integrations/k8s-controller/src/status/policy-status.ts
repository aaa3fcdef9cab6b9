// What a policy's status says (contract 1.6). Conditions of a policy never quote what is wrong with another.
import type { Finding } from '../crds/conditions.js';
import type { PolicyStatus } from '../crds/policy.js';
import { isTerminating } from '../crds/metadata.js';
import { formatIdentity, policyIdOf, serverObjectName } from '../desired/names.js';
import type { DesiredPolicy } from '../desired/policy.js';
import { webhookKindOf } from '../desired/webhook.js';
import type { PolicyWorld } from '../world/world.js';
import { conditionsFrom, fails, holds, type FindingContext } from './condition-list.js';
import { observedMode, rolloutFailure } from './rollout.js';

/** What became of a policy in this pass. */
export interface PolicyOutcome {
  readonly desired: DesiredPolicy;
  /** Its webhook configuration was found to be as it ought to be. */
  readonly settled: boolean;
  /** Why its webhook configuration could not be written. */
  readonly problem: string | undefined;
}

const active = 'PolicyActive';
const reachable = 'PolicyUniquelyReachable';
const upToDate = 'PolicyServerConfigurationUpToDate';
const scheduled = 'PolicyScheduled';
const servable = 'PolicyServable';

/** The status of a policy. */
export function policyStatus(world: PolicyWorld, { desired, settled, problem }: PolicyOutcome, context: FindingContext): PolicyStatus {
  const { policy, server } = world;
  const registered = settled && isRegistered(world, desired);
  const findings = [
    ...activeFinding(registered, problem),
    reachableFinding(desired),
    ...scheduledFinding(world),
    ...versionFinding(world, desired),
    ...servableFinding(world, desired),
  ];
  const dropped = [...(server.kind === 'found' ? [] : [upToDate]), servable, scheduled].filter((type) => !findings.some((finding) => finding.type === type));
  const mode = server.kind === 'found' ? observedMode(server.running, policyIdOf(policy)) : policy.status?.mode;
  return {
    policyStatus: stage(world, registered),
    ...(mode === undefined ? {} : { mode }),
    conditions: [...conditionsFrom(policy.status?.conditions ?? [], findings, context, dropped)],
  };
}

/** Its own configuration is there, and every Pod serves what the policy says now. */
function isRegistered({ policy, webhooks, sameId }: PolicyWorld, { reach }: DesiredPolicy): boolean {
  return sameId === undefined && reach.kind === 'everywhere' && webhooks.some(({ kind }) => kind === webhookKindOf(policy));
}

/** The seed's stages; once active a policy stays so while its changes are rolled out. */
function stage({ policy, server }: PolicyWorld, registered: boolean): PolicyStatus['policyStatus'] {
  if (policy.spec.policyServer === '') return 'unscheduled';
  if (server.kind === 'missing') return 'unschedulable';
  if (server.kind === 'terminating') return 'scheduled';
  return registered || (policy.status?.policyStatus === 'active' && !isTerminating(policy.metadata)) ? 'active' : 'pending';
}

function activeFinding(registered: boolean, problem: string | undefined): readonly Finding[] {
  if (problem !== undefined) return [fails(active, active, `The policy webhook could not be written: ${problem}`)];
  return [registered ? holds(active, active, 'The policy webhook has been created') : fails(active, active, 'The policy webhook has not been created')];
}

function reachableFinding({ reach }: DesiredPolicy): Finding {
  return reach.kind === 'everywhere'
    ? holds(reachable, 'LatestReplicaSetIsUniquelyReachable', 'The latest replica set is uniquely reachable')
    : fails(reachable, 'LatestReplicaSetIsNotUniquelyReachable', 'The latest replica set is not uniquely reachable');
}

/** Only where there is something to say about the binding. */
function scheduledFinding({ policy, server, sameId }: PolicyWorld): readonly Finding[] {
  const name = policy.spec.policyServer;
  if (sameId !== undefined) return [fails(scheduled, 'PolicyIdTaken', `The policy's id ${policyIdOf(policy)} is that of ${formatIdentity(sameId)}, which is older`)];
  if (name === '') return [fails(scheduled, 'PolicyServerUnnamed', 'The policy names no PolicyServer')];
  switch (server.kind) {
    case 'missing':
      return [fails(scheduled, 'PolicyServerMissing', `The PolicyServer ${name} does not exist`)];
    case 'terminating':
      return [fails(scheduled, 'PolicyServerTerminating', `The PolicyServer ${name} is being deleted`)];
    case 'unreadable':
      return [fails(scheduled, 'PolicyServerInvalid', `The PolicyServer ${name} cannot be read; its own conditions say why`)];
    case 'found':
      return [holds(scheduled, 'PolicyServerFound', `The policy runs on the PolicyServer ${name}`)];
  }
}

function versionFinding({ policy, server }: PolicyWorld, { entryText }: DesiredPolicy): readonly Finding[] {
  if (server.kind !== 'found') return [];
  if (server.told === undefined) return [fails(upToDate, 'UnknownConfigurationVersion', `Configuration version annotation (kubewarden/config-version) in deployment ${serverObjectName(policy.spec.policyServer)} is missing`)];
  return entryText !== undefined && server.running.versions.get(server.told)?.get(policyIdOf(policy)) === entryText
    ? [holds(upToDate, 'ConfigurationVersionMatch', 'Configuration for this policy is up to date')]
    : [fails(upToDate, 'ConfigurationVersionMismatch', 'Configuration for this policy is not up to date')];
}

/** Why the policy-server cannot serve the policy, in the policy's own condition. */
function servableFinding({ policy, server }: PolicyWorld, { reach }: DesiredPolicy): readonly Finding[] {
  if (server.kind !== 'found') return [];
  const failure = server.told === undefined ? undefined : rolloutFailure(server.running.pods, server.told);
  const own = failure?.policies.get(policyIdOf(policy));
  if (own !== undefined) return [fails(servable, 'PolicyRejected', own)];
  if (reach.kind === 'everywhere') return [holds(servable, 'PolicyServed', 'Every Pod of the policy-server serves the policy')];
  if (failure === undefined) return [];
  return [failure.server === undefined ? fails(servable, 'RolloutBlocked', 'The policy-server cannot be updated because of another policy') : fails(servable, 'RolloutBlocked', 'The Pods of the policy-server do not start; the conditions of the PolicyServer say why')];
}
