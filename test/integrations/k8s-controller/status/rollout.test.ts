import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { observedMode, reachOf, rolloutFailure } from '../../../../integrations/k8s-controller/src/status/rollout.js';
import { hash, running, serverPod } from '../support/objects.js';

const rollouts = suite('k8s-controller/status/rollout');

const [one, two] = [hash('1'), hash('2')];
const versions = { [one]: { a: '{"policyMode":"protect"}' }, [two]: { a: '{"policyMode":"monitor"}', b: '{}' } };

rollouts('a policy that both versions serve alike is served everywhere during a rollout', () => {
  const same = { [one]: { a: 'x' }, [two]: { a: 'x', b: 'y' } };
  const run = running([serverPod('old', one), serverPod('new', two)], same);
  assert.equal([reachOf(run, 'a', 'x').kind, reachOf(run, 'b', 'y').kind], ['everywhere', 'partly']);
});

rollouts('settled once no Pod that will serve it is starting; Pods of other versions do not matter', () => {
  const starting = running([serverPod('old', one), serverPod('new', two, { ready: false })], versions);
  assert.equal(reachOf(starting, 'a', '{"policyMode":"protect"}'), { kind: 'everywhere', settled: true });
  const growing = running([serverPod('p', one), serverPod('q', one, { ready: false })], versions);
  assert.equal(reachOf(growing, 'a', '{"policyMode":"protect"}'), { kind: 'everywhere', settled: false });
});

rollouts('a Pod that somebody else made for the server serves nothing', () => {
  assert.is(reachOf(running([serverPod('p', one), serverPod('stranger', undefined)], versions), 'a', '{"policyMode":"protect"}').kind, 'partly');
});

rollouts('the observed mode is what ready Pods run, not what was asked for', () => {
  assert.is(observedMode(running([serverPod('p', one)], versions), 'a'), 'protect');
  assert.is(observedMode(running([serverPod('p', one), serverPod('q', two, { ready: false })], versions), 'a'), 'protect');
  assert.is(observedMode(running([serverPod('p', one), serverPod('q', two)], versions), 'a'), 'unknown');
  assert.is(observedMode(running([serverPod('p', one)], versions), 'b'), 'unknown');
  assert.is(observedMode(running([], versions), 'a'), 'unknown');
});

const message = JSON.stringify({ policies: [{ policyId: 'a', message: 'wrong a' }, { policyId: 'b', message: 'wrong b' }] });

rollouts('what the policy-server left behind is told by policy', () => {
  const failure = rolloutFailure([serverPod('p', one, { ready: false, failure: { reason: 'Error', message } })], one);
  assert.equal([failure?.server, [...(failure?.policies ?? [])]], [undefined, [['a', 'wrong a'], ['b', 'wrong b']]]);
});

rollouts('a problem of the server itself has no policy', () => {
  const own = JSON.stringify({ policies: [{ policyId: '', message: 'the port is taken' }] });
  const failure = rolloutFailure([serverPod('p', one, { ready: false, failure: { reason: 'Error', message: own } })], one);
  assert.equal([failure?.server, failure?.policies.size], ['the port is taken', 0]);
});

rollouts('what is no message of ours is the server\'s problem, in Kubernetes\' words', () => {
  const failure = rolloutFailure([serverPod('p', one, { ready: false, failure: { reason: 'ErrImagePull', message: 'not found' } })], one);
  assert.equal([failure?.server, failure?.policies.size], ['ErrImagePull: not found', 0]);
  assert.is(rolloutFailure([serverPod('p', one, { ready: false, failure: { reason: 'OOMKilled', message: '' } })], one)?.server, 'OOMKilled');
});

rollouts('Pods of other versions, ready ones and those that are going tell nothing', () => {
  const failure = { reason: 'Error', message };
  assert.is(rolloutFailure([serverPod('p', two, { ready: false, failure }), serverPod('q', one, { failure }), serverPod('r', one, { ready: false, terminating: true, failure })], one), undefined);
});

rollouts.run();
