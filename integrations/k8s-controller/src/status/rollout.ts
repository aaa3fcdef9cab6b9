// Who serves a policy: is what a policy says live wherever requests go?
import type { ServerPod } from '../world/pod.js';
import { parseTerminationMessage } from '../world/termination-message.js';
import { modeOf } from '../world/versions.js';
import type { Running } from '../world/world.js';

/** How far an entry of the configuration has come. */
export type Reach =
  /** No ready Pod serves it. */
  | { readonly kind: 'nowhere' }
  /** Some ready Pods serve it, others something else. */
  | { readonly kind: 'partly' }
  /** Every Pod that requests can reach serves it; `settled` once no Pod that will serve it is still starting. */
  | { readonly kind: 'everywhere'; readonly settled: boolean };

/**
 * Where an entry is served.
 *
 * Judged by entry and not by version: while a rollout fails because of another policy, the Pods of the version before still serve this one.
 *
 * @param entryText the entry as canonical JSON
 */
export function reachOf({ pods, endpoints, versions }: Running, policyId: string, entryText: string): Reach {
  const serves = ({ version }: ServerPod): boolean => version !== undefined && versions.get(version)?.get(policyId) === entryText;
  const reachable = pods.filter(({ name, ready, terminating }) => endpoints.has(name) || (ready && !terminating));
  const serving = reachable.filter(serves);
  // Without an endpoint the API server would find nobody, however ready a Pod is.
  if (serving.length === 0 || !serving.some(({ name }) => endpoints.has(name))) return { kind: 'nowhere' };
  if (serving.length < reachable.length) return { kind: 'partly' };
  return { kind: 'everywhere', settled: pods.filter((pod) => serves(pod) && !pod.terminating).every(({ ready }) => ready) };
}

/** The mode in which ready Pods run a policy: unknown when they differ, or when none runs it. */
export function observedMode({ pods, versions }: Running, policyId: string): 'protect' | 'monitor' | 'unknown' {
  const modes = new Set(
    pods
      .filter(({ ready, terminating }) => ready && !terminating)
      .map(({ version }) => {
        const text = version === undefined ? undefined : versions.get(version)?.get(policyId);
        return text === undefined ? undefined : modeOf(text);
      }),
  );
  const [mode] = modes;
  return modes.size === 1 && mode !== undefined ? mode : 'unknown';
}

/** Why the Pods of a version do not come up. */
export interface RolloutFailure {
  /** What is wrong with each policy, by id. */
  readonly policies: ReadonlyMap<string, string>;
  /** What is wrong with the server as a whole; undefined when it is the policies alone. */
  readonly server: string | undefined;
}

/** Why the Pods of a version do not come up; undefined while none failed. */
export function rolloutFailure(pods: readonly ServerPod[], version: string): RolloutFailure | undefined {
  const failures = pods.flatMap(({ version: own, ready, terminating, failure }) => (own === version && !ready && !terminating && failure !== undefined ? [failure] : []));
  const [first] = failures;
  if (first === undefined) return undefined;
  const problems = failures.map(({ message }) => parseTerminationMessage(message)).find((found) => found !== undefined);
  if (problems === undefined) return { policies: new Map(), server: first.message === '' ? first.reason : `${first.reason}: ${first.message}` };
  return { policies: new Map([...problems].filter(([id]) => id !== '')), server: problems.get('') };
}
