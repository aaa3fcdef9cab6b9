// What a PolicyServer's status says (contract 1.3.2). It is made of results and always written last, so that a failure is seen.
import type { Condition, Finding } from '../crds/conditions.js';
import type { PolicyServerStatus } from '../crds/policy-server.js';
import type { ServerPart } from '../desired/policy-server.js';
import type { ServerWorld } from '../world/world.js';
import { conditionsFrom, fails, holds, type FindingContext } from './condition-list.js';
import type { RolloutFailure } from './rollout.js';

/** A part of a PolicyServer that is reported on; the certificate is made apart from the others. */
export type ReportedPart = ServerPart | 'certificate';

/** Why a part is not as it ought to be. */
export interface PartProblem {
  readonly message: string;
  /** Something else has to be there first: no failure, and usual when a server is new. */
  readonly waiting: boolean;
}

/** What became of the parts. */
export interface ServerResults {
  /** Why a part is not as it ought to be, by part. Parts that are not named are. */
  readonly problems: ReadonlyMap<ReportedPart, PartProblem>;
  /** Why the Pods of the newest version do not come up. */
  readonly failure: RolloutFailure | undefined;
}

const parts: readonly (readonly [part: ReportedPart, condition: string, named: string])[] = [
  ['certificate', 'CertSecretReconciled', 'secret'],
  ['configuration', 'ConfigMapReconciled', 'configmap'],
  ['disruption-budget', 'PodDisruptionBudgetReconciled', 'policy server PodDisruptionBudget'],
  ['deployment', 'DeploymentReconciled', 'deployment'],
  ['service', 'ServiceReconciled', 'service'],
];

const cleanedUp = 'PolicyWebhooksCleanedUp';
const servable = 'PoliciesServable';
const succeeded = 'ReconciliationSucceeded';
const failed = 'ReconciliationFailed';
const pending = 'ReconciliationPending';

/** How many policies are named before it is only said how many more there are. */
const namedPolicies = 10;

/** The status of a PolicyServer that lives. */
export function policyServerStatus({ server }: ServerWorld, { problems, failure }: ServerResults, context: FindingContext): PolicyServerStatus {
  const findings = parts.map(([part, condition, named]): Finding => {
    const problem = problems.get(part);
    return problem === undefined ? holds(condition, succeeded) : fails(condition, problem.waiting ? pending : failed, `error reconciling ${named}: ${problem.message}`);
  });
  return { conditions: [...conditionsFrom(server.status?.conditions ?? [], [...findings, servableFinding(failure)], context, [cleanedUp])] };
}

/** The status of a PolicyServer that is being deleted. */
export function terminatingServerStatus(before: { readonly conditions?: readonly Condition[] | undefined } | undefined, webhooks: ServerWorld['webhooks'], context: FindingContext): PolicyServerStatus {
  // A configuration is called as its policy's id; so is one whose policy is gone, and it keeps the server all the same.
  const ids = [...new Set(webhooks.map(({ object }) => object.metadata.name))].sort();
  const finding = ids.length === 0 ? holds(cleanedUp, succeeded) : fails(cleanedUp, failed, `Waiting for webhook cleanup of policies: ${ids.join(', ')}`);
  return { conditions: [...conditionsFrom(before?.conditions ?? [], [finding], context)] };
}

/** Which policies keep new Pods from coming up, by id alone: what is wrong with each is for its owner to read. */
function servableFinding(failure: RolloutFailure | undefined): Finding {
  if (failure === undefined) return holds(servable, 'PoliciesServable', 'No policy keeps the Pods from starting');
  if (failure.server !== undefined) return fails(servable, 'PodsFail', `The Pods of the newest configuration do not start: ${failure.server}`);
  const ids = [...failure.policies.keys()];
  const more = ids.length > namedPolicies ? ` and ${ids.length - namedPolicies} more` : '';
  return fails(servable, 'PoliciesRejected', `The Pods of the newest configuration do not start because of policies that cannot be served: ${ids.slice(0, namedPolicies).join(', ')}${more}. The Pods of the configuration before keep serving`);
}
