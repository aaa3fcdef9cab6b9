// The status of a Pod from the state of its containers. PURE; written by status-writer.ts.

import type { Condition, Pod } from '../api/objects.js';
import type { ContainerRunner, ContainerState, TerminatedState } from './container-runner.js';

/** What a status tells of a container. */
export type ContainerView = Pick<ContainerRunner, 'container' | 'role' | 'state' | 'lastTermination' | 'restartCount' | 'ready' | 'started' | 'finished' | 'containerId'>;

/** What the worker of a Pod knows. */
export interface PodSituation {
  readonly pod: Pod;
  readonly nodeAddress: string;
  /** Absent until the Pod has its network. */
  readonly podAddress: string | undefined;
  readonly startedAt: Date;
  readonly runners: readonly ContainerView[];
  /** Set when the Pod as a whole has failed, whatever its containers did. */
  readonly failure: { readonly reason: string; readonly message: string } | undefined;
  /** Whether every container is gone and none will come back. */
  readonly over: boolean;
  readonly now: Date;
}

type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** The `status` of a Pod as a strategic merge patch: what the agent does not own stays. */
export function podStatus(situation: PodSituation): object {
  const { pod, nodeAddress, podAddress, runners, failure } = situation;
  const phase = podPhase(situation);
  const previous = pod.status?.conditions ?? [];
  return {
    phase,
    observedGeneration: pod.metadata.generation,
    reason: failure?.reason ?? null,
    message: failure?.message ?? null,
    hostIP: nodeAddress,
    hostIPs: [{ ip: nodeAddress }],
    ...(podAddress === undefined ? {} : { podIP: podAddress, podIPs: [{ ip: podAddress }] }),
    startTime: apiTime(situation.startedAt),
    conditions: conditions(situation, phase).map((condition) => withTransition(condition, previous, situation)),
    initContainerStatuses: runners.filter(({ role }) => role !== 'app').map(containerStatus),
    containerStatuses: runners.filter(({ role }) => role === 'app').map(containerStatus),
  };
}

/** The phase, as a kubelet derives it. */
export function podPhase({ pod, runners, failure, over }: PodSituation): Phase {
  if (failure !== undefined) return 'Failed';
  const inits = runners.filter(({ role }) => role === 'init');
  if (inits.some((runner) => runner.finished && exitCodeOf(runner) !== 0)) return 'Failed';
  const apps = runners.filter(({ role }) => role === 'app');
  if (over || apps.every(({ finished }) => finished)) {
    if (apps.some((runner) => exitCodeOf(runner) !== 0)) return 'Failed';
    // Containers that never ran were stopped before their time: nothing was achieved.
    return apps.every((runner) => exitCodeOf(runner) === 0) ? 'Succeeded' : 'Failed';
  }
  if (!initialized(pod, runners)) return 'Pending';
  const neverRan = apps.some(({ state, lastTermination }) => state.kind === 'waiting' && lastTermination === undefined);
  return neverRan ? 'Pending' : 'Running';
}

/** Whether the Pod's own containers may start. */
function initialized(pod: Pod, runners: readonly ContainerView[]): boolean {
  const inits = runners.filter(({ role }) => role !== 'app');
  if (inits.length < (pod.spec.initContainers?.length ?? 0)) return false;
  return inits.every((runner) => (runner.role === 'sidecar' ? runner.started : runner.finished && exitCodeOf(runner) === 0));
}

function conditions(situation: PodSituation, phase: Phase): Condition[] {
  const { pod, runners, podAddress } = situation;
  const unready = runners.filter((runner) => runner.role === 'app' && !runner.ready).map(({ container }) => container.name);
  const done = phase === 'Succeeded';
  const failed = phase === 'Failed';
  const notReady: Partial<Condition> = done
    ? { reason: 'PodCompleted' }
    : failed
      ? { reason: 'PodFailed' }
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const containersReady = unready.length === 0 && !done && !failed;
  const missingGates = (pod.spec.readinessGates ?? []).filter(({ conditionType }) => pod.status?.conditions?.find(({ type }) => type === conditionType)?.status !== 'True');
  return [
    condition('PodReadyToStartContainers', podAddress !== undefined && !situation.over),
    condition('Initialized', done || initialized(pod, runners), { reason: 'ContainersNotInitialized' }),
    condition('ContainersReady', containersReady, notReady),
    condition('Ready', containersReady && missingGates.length === 0, containersReady ? { reason: 'ReadinessGatesNotReady' } : notReady),
  ];
}

/** A condition; the detail belongs to its being false. */
function condition(type: string, holds: boolean, whyNot: Partial<Condition> = {}): Condition {
  return holds ? { type, status: 'True' } : { type, status: 'False', ...whyNot };
}

function withTransition(now: Condition, previous: readonly Condition[], situation: PodSituation): object {
  const before = previous.find(({ type }) => type === now.type);
  const since = before?.status === now.status ? before.lastTransitionTime : undefined;
  return { ...now, reason: now.reason ?? null, message: now.message ?? null, lastTransitionTime: since ?? apiTime(situation.now), observedGeneration: situation.pod.metadata.generation };
}

function containerStatus(runner: ContainerView): object {
  return {
    name: runner.container.name,
    image: runner.container.image,
    imageID: `process://${runner.container.image}`,
    containerID: runner.state.kind === 'waiting' && runner.lastTermination === undefined ? '' : runner.containerId,
    restartCount: runner.restartCount,
    ready: runner.role === 'init' ? runner.finished && exitCodeOf(runner) === 0 : runner.ready,
    started: runner.started,
    state: stateStatus(runner.state),
    lastState: runner.lastTermination === undefined ? {} : stateStatus(runner.lastTermination),
  };
}

function stateStatus(state: ContainerState): object {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message === undefined ? {} : { message: state.message }) } };
    case 'running':
      return { running: { startedAt: apiTime(state.startedAt) } };
    case 'terminated':
      return { terminated: terminatedStatus(state) };
  }
}

function terminatedStatus(state: TerminatedState): object {
  return {
    exitCode: state.exitCode,
    reason: state.reason,
    message: state.message,
    startedAt: apiTime(state.startedAt),
    finishedAt: apiTime(state.finishedAt),
    containerID: state.containerId,
  };
}

function exitCodeOf(runner: ContainerView): number | undefined {
  return runner.state.kind === 'terminated' ? runner.state.exitCode : undefined;
}

/** A moment as the API writes it: whole seconds, UTC. */
export function apiTime(moment: Date): string {
  return moment.toISOString().replace(/\.\d+Z$/, 'Z');
}
