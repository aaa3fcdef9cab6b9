// What is said of an object that was stored under an older definition and cannot be read.
import type { PolicyKind } from '../crds/group.js';
import type { Reading } from '../crds/custom-object.js';
import type { PolicyStatus } from '../crds/policy.js';
import type { PolicyServerStatus } from '../crds/policy-server.js';
import { conditionsFrom, fails, type FindingContext } from './condition-list.js';

type Unreadable = Extract<Reading<never>, { kind: 'unreadable' }>;

/** The status of a policy that cannot be read. */
export function unreadableStatus(kind: PolicyKind, { problems }: Unreadable, context: FindingContext): PolicyStatus {
  return { policyStatus: 'pending', conditions: [...conditionsFrom([], [fails('PolicyActive', 'PolicyInvalid', `The ${kind} cannot be read: ${formatted(problems)}`)], context)] };
}

/** The status of a PolicyServer that cannot be read. */
export function unreadableServerStatus({ problems }: Unreadable, context: FindingContext): PolicyServerStatus {
  return { conditions: [...conditionsFrom([], [fails('DeploymentReconciled', 'ReconciliationFailed', `error reconciling deployment: the PolicyServer cannot be read: ${formatted(problems)}`)], context)] };
}

function formatted(problems: Unreadable['problems']): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
