// What is said of an object that was stored under an older definition and cannot be read.
import type { PolicyKind } from '../crds/group.js';
import type { Unreadable } from '../crds/custom-object.js';
import type { PolicyStatus } from '../crds/policy.js';
import type { PolicyServerStatus } from '../crds/policy-server.js';
import type { Condition, Finding } from '../crds/conditions.js';
import { conditionsFrom, fails, type FindingContext } from './condition-list.js';

/** The status of a policy that cannot be read. */
export function unreadableStatus(kind: PolicyKind, unreadable: Unreadable, context: FindingContext): PolicyStatus {
  return { policyStatus: 'pending', conditions: only(fails('PolicyActive', 'PolicyInvalid', `The ${kind} cannot be read: ${formatted(unreadable)}`), unreadable, context) };
}

/** The status of a PolicyServer that cannot be read. */
export function unreadableServerStatus(unreadable: Unreadable, context: FindingContext): PolicyServerStatus {
  return { conditions: only(fails('DeploymentReconciled', 'ReconciliationFailed', `error reconciling deployment: the PolicyServer cannot be read: ${formatted(unreadable)}`), unreadable, context) };
}

/** Nothing else is known of the object; what was said before keeps its time. */
function only(finding: Finding, { status }: Unreadable, context: FindingContext): Condition[] {
  return [...conditionsFrom((status?.conditions ?? []).filter(({ type }) => type === finding.type), [finding], context)];
}

function formatted({ problems }: Unreadable): string {
  return problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
}
