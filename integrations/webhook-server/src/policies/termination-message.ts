// What Kubernetes shows of a Pod that ended: JSON per policy within the 4 KiB that the kubelet keeps of /dev/termination-log.
import type { PolicyProblem } from './start-up.js';

/** What is told of a problem. */
type Told = Pick<PolicyProblem, 'policyId' | 'message'>;

/** Bytes that the kubelet keeps. */
const maxBytes = 4096;

/**
 * The problems as JSON, cut so that it stays valid and within the limit: long messages first, then whole entries.
 *
 * Shape: `{"policies":[{"policyId","message"}],"omitted":n}`; the controller reads it back.
 */
export function formatTerminationMessage(problems: readonly Told[]): string {
  for (const maxChars of [1024, 256, 64]) {
    const text = format(problems.map(({ policyId, message }) => ({ policyId, message: cut(message, maxChars) })), 0);
    if (fits(text)) return text;
  }
  const kept = fitting(problems.map(({ policyId, message }) => ({ policyId: cut(policyId, 253), message: cut(message, 64) })));
  return format(kept, problems.length - kept.length);
}

/** As many of the first entries as fit, with room for the frame and the count around them. */
function fitting(problems: readonly Told[]): readonly Told[] {
  let left = maxBytes - bytesOf(format([], problems.length));
  return problems.slice(
    0,
    problems.findIndex((problem) => {
      left -= bytesOf(JSON.stringify(problem)) + 1;
      return left < 0;
    }),
  );
}

function format(policies: readonly Told[], omitted: number): string {
  return JSON.stringify(omitted === 0 ? { policies } : { policies, omitted });
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}

function fits(text: string): boolean {
  return bytesOf(text) <= maxBytes;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).byteLength;
}
