// Which changes of conditions are worth an Event, so that `kubectl describe` and `kubectl get events` tell the story.
import type { Condition } from '../crds/conditions.js';

/** Something to tell. */
export interface Transition {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Conditions that fail for a reason which somebody has to do something about; others fail while work is under way. */
const troubles = ['PolicyRejected', 'RolloutBlocked', 'PodsFail', 'PoliciesRejected', 'PolicyServerMissing', 'PolicyServerUnnamed', 'PolicyServerTerminating', 'PolicyServerInvalid', 'PolicyIdTaken', 'PolicyInvalid', 'ReconciliationFailed'];

/** Conditions whose recovery is good news. */
const good: Readonly<Record<string, string>> = { PolicyActive: 'The policy is enforced', PolicyScheduled: '', PolicyServable: '', PoliciesServable: '' };

/** What is to be told about a change of conditions. */
export function transitions(before: readonly Condition[], after: readonly Condition[]): readonly Transition[] {
  return after.flatMap((condition) => {
    const earlier = before.find(({ type }) => type === condition.type);
    if (condition.status === 'True') return recovered(condition, earlier);
    const isNew = earlier?.status !== condition.status || earlier.reason !== condition.reason || earlier.message !== condition.message;
    return isNew && troubles.includes(condition.reason) ? [{ type: 'Warning', reason: condition.reason, message: condition.message }] : [];
  });
}

function recovered(condition: Condition, earlier: Condition | undefined): readonly Transition[] {
  const news = good[condition.type];
  if (news === undefined || earlier?.status === 'True') return [];
  if (news !== '') return [{ type: 'Normal', reason: condition.type, message: news }];
  // Only where there had been trouble.
  return earlier !== undefined && troubles.includes(earlier.reason) ? [{ type: 'Normal', reason: condition.reason, message: condition.message }] : [];
}
