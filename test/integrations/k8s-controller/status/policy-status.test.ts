import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { Policy } from '../../../../integrations/k8s-controller/src/crds/custom-object.js';
import type { PolicyStatus } from '../../../../integrations/k8s-controller/src/crds/policy.js';
import { desiredPolicy } from '../../../../integrations/k8s-controller/src/desired/policy.js';
import { webhookConfiguration, webhookKindOf } from '../../../../integrations/k8s-controller/src/desired/webhook.js';
import { policyIdOf } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { serverConfiguration } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import { policyStatus } from '../../../../integrations/k8s-controller/src/status/policy-status.js';
import type { PolicyWorld, Running, SeenWebhook } from '../../../../integrations/k8s-controller/src/world/world.js';
import { clusterPolicy, entryText, frozen, hash, namespace, policyServer, running, serverPod, serving } from '../support/objects.js';

const statuses = suite('k8s-controller/status/policy-status');

const server = policyServer();
const policy = clusterPolicy();
const id = policyIdOf(policy);
const context = { now: '2026-02-02T00:00:00Z', generation: 2 };

function webhook(of: Policy): SeenWebhook {
  const manifest = webhookConfiguration(of, { namespace, authorities: 'NEW\n' });
  return { kind: webhookKindOf(of), object: { ...manifest, metadata: { ...manifest.metadata } } };
}

function world(changes: Partial<PolicyWorld> = {}, run: Running = serving(server, [policy]), told = serverConfiguration(server, [policy]).hash): PolicyWorld {
  return frozen({ policy, server: { kind: 'found', server, running: run, told }, sameId: undefined, webhooks: [webhook(policy)], webhooksGoneMs: undefined, authority: { certificate: 'NEW\n', key: 'KEY', previous: undefined }, ...changes });
}

const statusOf = (given: PolicyWorld, { settled = true, problem }: { readonly settled?: boolean; readonly problem?: string } = {}): PolicyStatus => policyStatus(given, { desired: desiredPolicy(given, namespace), settled, problem }, context);
const condition = (status: PolicyStatus, type: string): string | undefined => {
  const found = status.conditions?.find((each) => each.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
};

statuses('a policy that is registered and served is active, and says so in the contract\'s words', () => {
  const status = statusOf(world());
  assert.equal([status.policyStatus, status.mode], ['active', 'protect']);
  assert.is(condition(status, 'PolicyActive'), 'True PolicyActive: The policy webhook has been created');
  assert.is(condition(status, 'PolicyUniquelyReachable'), 'True LatestReplicaSetIsUniquelyReachable: The latest replica set is uniquely reachable');
  assert.is(condition(status, 'PolicyServerConfigurationUpToDate'), 'True ConfigurationVersionMatch: Configuration for this policy is up to date');
  assert.equal(status.conditions?.map(({ observedGeneration }) => observedGeneration), [2, 2, 2, 2, 2]);
});

const nobody = running([], {});
for (const [title, given, expected] of [
  ['its PolicyServer does not exist', world({ server: { kind: 'missing' }, webhooks: [] }), 'unschedulable'],
  ['its PolicyServer is being deleted', world({ server: { kind: 'terminating' }, webhooks: [] }), 'scheduled'],
  ['it names no PolicyServer', world({ policy: clusterPolicy({ policyServer: '' }), server: { kind: 'missing' }, webhooks: [] }), 'unscheduled'],
  ['its PolicyServer cannot be read', world({ server: { kind: 'unreadable' }, webhooks: [] }), 'pending'],
  ['nobody serves it yet', world({ webhooks: [] }, nobody), 'pending'],
  ['it is served and not registered yet', world({ webhooks: [] }), 'pending'],
  ['it was active and a change of it is rolled out', world({ policy: clusterPolicy({ settings: { a: 1 } }, {}, { policyStatus: 'active' }) }), 'active'],
  ['it was active and its PolicyServer vanished', world({ policy: clusterPolicy({}, {}, { policyStatus: 'active' }), server: { kind: 'missing' }, webhooks: [] }), 'unschedulable'],
  ['it was unschedulable and its PolicyServer appeared', world({ policy: clusterPolicy({}, {}, { policyStatus: 'unschedulable' }), webhooks: [] }, nobody), 'pending'],
  ['an older policy has its id', world({ sameId: { kind: 'AdmissionPolicy', namespace: 'a', name: 'b' }, webhooks: [] }), 'pending'],
] as const) {
  statuses(`when ${title} a policy is ${expected}`, () => assert.is(statusOf(given).policyStatus, expected));
}

statuses('an unschedulable policy names the PolicyServer that is missing', () => {
  const missing = world({ policy: clusterPolicy({ policyServer: 'absent' }), server: { kind: 'missing' }, webhooks: [] });
  assert.is(condition(statusOf(missing), 'PolicyScheduled'), 'False PolicyServerMissing: The PolicyServer absent does not exist');
});

statuses('a policy that names no PolicyServer says so', () => {
  const unnamed = world({ policy: clusterPolicy({ policyServer: '' }), server: { kind: 'missing' }, webhooks: [] });
  assert.is(condition(statusOf(unnamed), 'PolicyScheduled'), 'False PolicyServerUnnamed: The policy names no PolicyServer');
});

statuses('without a server nothing is said about its configuration, and the mode stays', () => {
  const before = { policyStatus: 'active', mode: 'protect', conditions: [{ type: 'PolicyServerConfigurationUpToDate', status: 'True', reason: 'a', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] };
  const status = statusOf(world({ policy: clusterPolicy({}, {}, before), server: { kind: 'missing' }, webhooks: [] }));
  assert.equal([condition(status, 'PolicyServerConfigurationUpToDate'), status.mode], [undefined, 'protect']);
});

statuses('while a change of it is rolled out, neither is its webhook up to date nor its configuration, in the contract\'s words', () => {
  const status = statusOf(world({ policy: clusterPolicy({ settings: { a: 1 } }, {}, { policyStatus: 'active' }) }));
  assert.is(condition(status, 'PolicyActive'), 'False PolicyActive: The policy webhook has not been created');
  assert.is(condition(status, 'PolicyUniquelyReachable'), 'False LatestReplicaSetIsNotUniquelyReachable: The latest replica set is not uniquely reachable');
  assert.is(condition(status, 'PolicyServerConfigurationUpToDate'), 'False ConfigurationVersionMismatch: Configuration for this policy is not up to date');
});

statuses('a policy that is not changed stays active while others are rolled out', () => {
  const next = { [id]: entryText(server, policy), 'clusterwide-other': '{}' };
  const run = running([serverPod('old', hash('1')), serverPod('new', hash('2'), { ready: false })], { [hash('1')]: { [id]: entryText(server, policy) }, [hash('2')]: next });
  const status = statusOf(world({}, run, hash('2')));
  assert.match(condition(status, 'PolicyActive') ?? '', /^True/);
  assert.is(status.policyStatus, 'active');
});

statuses('a webhook that has just been changed counts once it is seen to be right', () => {
  assert.match(condition(statusOf(world(), { settled: false }), 'PolicyActive') ?? '', /^False/);
});

statuses('why a webhook could not be written is in the condition', () => {
  assert.is(condition(statusOf(world({ webhooks: [] }), { settled: false, problem: 'forbidden' }), 'PolicyActive'), 'False PolicyActive: The policy webhook could not be written: forbidden');
});

statuses('a Deployment that was told no version is unknown', () => {
  const unknown = frozen({ ...world({}, nobody), server: { kind: 'found', server, running: nobody, told: undefined } as const });
  assert.is(condition(statusOf(unknown), 'PolicyServerConfigurationUpToDate'), 'False UnknownConfigurationVersion: Configuration version annotation (kubewarden/config-version) in deployment policy-server-default is missing');
});

const failing = (problems: object): Running =>
  running(
    [serverPod('old', hash('1')), serverPod('new', hash('2'), { ready: false, failure: { reason: 'Error', message: JSON.stringify(problems) } })],
    { [hash('1')]: { [id]: entryText(server, policy) }, [hash('2')]: {} },
  );

statuses('a policy that cannot be served says why in its own words', () => {
  const status = statusOf(world({ policy: clusterPolicy({ settings: { a: 1 } }) }, failing({ policies: [{ policyId: id, message: 'Policy settings are invalid: no' }] }), hash('2')));
  assert.is(condition(status, 'PolicyServable'), 'False PolicyRejected: Policy settings are invalid: no');
});

statuses('a policy that waits for another says so and quotes nothing of it', () => {
  const status = statusOf(world({ policy: clusterPolicy({ settings: { a: 1 } }) }, failing({ policies: [{ policyId: 'namespaced-secret-tenant', message: 'their secret' }] }), hash('2')));
  assert.is(condition(status, 'PolicyServable'), 'False RolloutBlocked: The policy-server cannot be updated because of another policy');
  assert.not.match(JSON.stringify(status), /secret/);
});

statuses('a policy that is served as it is does not care about the failing rollout of another', () => {
  const status = statusOf(world({}, failing({ policies: [{ policyId: 'clusterwide-other', message: 'no' }] }), hash('2')));
  assert.is(condition(status, 'PolicyServable'), 'True PolicyServed: Every Pod of the policy-server serves the policy');
});

statuses('a condition keeps its time while its status stays, and conditions of others stay', () => {
  const earlier = [
    { type: 'PolicyActive', status: 'True', reason: 'PolicyActive', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    { type: 'PolicyUniquelyReachable', status: 'False', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
    { type: 'Foreign', status: 'True', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
  ];
  const { conditions = [] } = statusOf(world({ policy: clusterPolicy({}, {}, { policyStatus: 'active', conditions: earlier }) }));
  assert.equal(['PolicyActive', 'PolicyUniquelyReachable', 'Foreign'].map((type) => conditions.find((each) => each.type === type)?.lastTransitionTime), ['2026-01-01T00:00:00Z', '2026-02-02T00:00:00Z', '2026-01-01T00:00:00Z']);
});

statuses.run();
