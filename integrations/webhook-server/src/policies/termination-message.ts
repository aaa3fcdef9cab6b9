// What Kubernetes shows of a Pod that ended: JSON per policy within the 4 KiB that the kubelet keeps of /dev/termination-log.
import type { PolicyProblem } from './start-up.js';

/** Bytes that the kubelet keeps. */
const maxBytes = 4096;

/**
 * The problems as JSON, cut so that it stays valid and within the limit: long messages first, then whole entries.
 *
 * Shape: `{"policies":[{"policyId","message"}],"omitted":n}`; the controller reads it back.
 */
export function formatTerminationMessage(problems: readonly PolicyProblem[]): string {
  for (const maxChars of [1024, 256, 64]) {
    const text = format(problems.map(({ policyId, message }) => ({ policyId, message: cut(message, maxChars) })), 0);
    if (fits(text)) return text;
  }
  for (let kept = problems.length - 1; kept > 0; kept -= 1) {
    const text = format(problems.slice(0, kept).map(({ policyId, message }) => ({ policyId: cut(policyId, 253), message: cut(message, 64) })), problems.length - kept);
    if (fits(text)) return text;
  }
  return format([], problems.length);
}

function format(policies: readonly PolicyProblem[], omitted: number): string {
  return JSON.stringify(omitted === 0 ? { policies } : { policies, omitted });
}

function cut(text: string, maxChars: number): string {
  return text.length <= maxChars ? text : `${text.slice(0, maxChars - 1)}…`;
}

function fits(text: string): boolean {
  return new TextEncoder().encode(text).byteLength <= maxBytes;
}
