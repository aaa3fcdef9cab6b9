// Tests of what a Pod's status says for which state of its containers.

import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { Pod } from '../api/objects.js';
import type { ContainerState } from './container-runner.js';
import { podPhase, podStatus, type ContainerView, type PodSituation } from './pod-status.js';

const status = suite('cluster/agent/pod-status');

const NOW = new Date('2026-01-02T03:04:05.678Z');
const WAITING: ContainerState = { kind: 'waiting', reason: 'ContainerCreating' };
const RUNNING: ContainerState = { kind: 'running', startedAt: NOW };
const ended = (exitCode: number): ContainerState & { kind: 'terminated' } => ({ kind: 'terminated', exitCode, reason: exitCode === 0 ? 'Completed' : 'Error', message: '', startedAt: NOW, finishedAt: NOW, containerId: 'c' });

function view(state: ContainerState, more: Partial<ContainerView> = {}): ContainerView {
  const finished = state.kind === 'terminated';
  return { container: { name: 'main', image: 'i' }, role: 'app', state, lastTermination: undefined, restartCount: 0, ready: false, started: false, finished, containerId: 'c', ...more };
}

function situation(runners: readonly ContainerView[], more: Partial<PodSituation> = {}): PodSituation {
  const inits = runners.filter(({ role }) => role !== 'app').map(({ container }) => container);
  const pod: Pod = { metadata: { name: 'p', uid: 'u', resourceVersion: '1' }, spec: { containers: [], ...(inits.length > 0 ? { initContainers: inits } : {}) } };
  return { pod, nodeAddress: '10.0.0.1', podAddress: '10.0.0.2', startedAt: NOW, runners, failure: undefined, over: false, now: NOW, ...more };
}

const phases: readonly (readonly [string, PodSituation, string])[] = [
  ['pending before the first start', situation([view(WAITING)]), 'Pending'],
  ['pending while one of two has never run', situation([view(RUNNING), view(WAITING)]), 'Pending'],
  ['running while its container runs', situation([view(RUNNING)]), 'Running'],
  ['running while a container waits for its restart', situation([view({ kind: 'waiting', reason: 'CrashLoopBackOff' }, { lastTermination: ended(1) })]), 'Running'],
  ['running while one of two has ended', situation([view(ended(0)), view(RUNNING)]), 'Running'],
  ['succeeded when all have ended well', situation([view(ended(0)), view(ended(0))]), 'Succeeded'],
  ['failed when one of all has failed', situation([view(ended(0)), view(ended(2))]), 'Failed'],
  ['failed when it is over before a container ran', situation([view(WAITING)], { over: true }), 'Failed'],
  ['failed beyond its deadline', situation([view(RUNNING)], { failure: { reason: 'DeadlineExceeded', message: '' } }), 'Failed'],
  ['pending while an init container runs', situation([view(RUNNING, { role: 'init' }), view(WAITING)]), 'Pending'],
  ['failed when an init container has failed for good', situation([view(ended(1), { role: 'init' }), view(WAITING)]), 'Failed'],
  ['running once a sidecar has started', situation([view(RUNNING, { role: 'sidecar', started: true }), view(RUNNING)]), 'Running'],
];
for (const [title, given, wanted] of phases) status(`is ${title}`, () => assert.is(podPhase(given), wanted));

interface Written {
  readonly conditions: readonly { readonly type: string; readonly status: string; readonly reason: string | null; readonly lastTransitionTime: string }[];
}

const ready = (given: PodSituation): Written['conditions'][number] | undefined => (podStatus(given) as Written).conditions.find(({ type }) => type === 'Ready');

status('is ready when every container is, and says since when', () => {
  assert.equal([ready(situation([view(RUNNING)]))?.status, ready(situation([view(RUNNING, { ready: true })]))?.status], ['False', 'True']);
  assert.is(ready(situation([view(RUNNING, { ready: true })]))?.lastTransitionTime, '2026-01-02T03:04:05Z');
});

status('keeps the time of a condition that did not change', () => {
  const given = situation([view(RUNNING, { ready: true })]);
  const earlier = { type: 'Ready', status: 'True', lastTransitionTime: '2025-01-01T00:00:00Z' } as const;
  assert.is(ready({ ...given, pod: { ...given.pod, status: { conditions: [earlier] } } })?.lastTransitionTime, '2025-01-01T00:00:00Z');
});

status('is not ready while a readiness gate is missing', () => {
  const given = situation([view(RUNNING, { ready: true })]);
  assert.is(ready({ ...given, pod: { ...given.pod, spec: { containers: [], readinessGates: [{ conditionType: 'example.test/gate' }] } } })?.reason, 'ReadinessGatesNotReady');
});

status('is not ready once completed', () => assert.is(ready(situation([view(ended(0))]))?.reason, 'PodCompleted'));

status.run();
