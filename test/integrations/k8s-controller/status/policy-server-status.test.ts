import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { PolicyServerStatus } from '../../../../integrations/k8s-controller/src/crds/policy-server.js';
import { policyServerStatus, terminatingServerStatus, type ServerResults } from '../../../../integrations/k8s-controller/src/status/policy-server-status.js';
import { transitions } from '../../../../integrations/k8s-controller/src/status/transitions.js';
import type { ServerWorld } from '../../../../integrations/k8s-controller/src/world/world.js';
import { frozen, policyServer, running, seen } from '../support/objects.js';

const statuses = suite('k8s-controller/status/policy-server-status');

const context = { now: '2026-02-02T00:00:00Z', generation: 3 };
const fine: ServerResults = { problems: new Map(), failure: undefined };

function world(changes: Partial<ServerWorld> = {}): ServerWorld {
  return frozen({ server: policyServer(), policies: [], running: running([], {}), seen: [], mounted: new Set<string>(), autoscaled: false, webhooks: [], webhooksGoneMs: 0, authority: undefined, ...changes });
}

const told = ({ conditions }: PolicyServerStatus): readonly string[] => conditions.map(({ type, status, reason, message }) => `${type}=${status} ${reason}${message === '' ? '' : `: ${message}`}`);

statuses('a server that is as it ought to be says so part by part', () => {
  assert.equal(told(policyServerStatus(world(), fine, context)), [
    'CertSecretReconciled=True ReconciliationSucceeded',
    'ConfigMapReconciled=True ReconciliationSucceeded',
    'PodDisruptionBudgetReconciled=True ReconciliationSucceeded',
    'DeploymentReconciled=True ReconciliationSucceeded',
    'ServiceReconciled=True ReconciliationSucceeded',
    'PoliciesServable=True PoliciesServable: No policy keeps the Pods from starting',
  ]);
});

statuses('C4: what failed is in the status, in the contract\'s words, with the generation it is about', () => {
  const status = policyServerStatus(world(), { ...fine, problems: new Map([['configuration', { message: 'forbidden', waiting: false }], ['certificate', { message: 'no authority', waiting: true }]]) }, context);
  assert.equal(told(status).slice(0, 2), ['CertSecretReconciled=False ReconciliationPending: error reconciling secret: no authority', 'ConfigMapReconciled=False ReconciliationFailed: error reconciling configmap: forbidden']);
  assert.ok(status.conditions.every(({ observedGeneration }) => observedGeneration === 3));
});

statuses('policies that keep Pods from starting are named, what is wrong with them is not told here', () => {
  const failure = { policies: new Map([['clusterwide-a', 'their text'], ['clusterwide-b', 'their text']]), server: undefined };
  const [last] = told(policyServerStatus(world(), { ...fine, failure }, context)).slice(-1);
  assert.is(last, 'PoliciesServable=False PoliciesRejected: The Pods of the newest configuration do not start because of policies that cannot be served: clusterwide-a, clusterwide-b. The Pods of the configuration before keep serving');
});

statuses('of many policies only some are named', () => {
  const policies = new Map(Array.from({ length: 12 }, (_, index) => [`p${index}`, '']));
  const [last] = told(policyServerStatus(world(), { ...fine, failure: { policies, server: undefined } }, context)).slice(-1);
  assert.match(last ?? '', /p9 and 2 more\./);
});

statuses('a server that is being deleted names what still points to it, each once, be the policy there or not', () => {
  const webhooks = ['clusterwide-c', 'clusterwide-a', 'clusterwide-a'].map((name) => ({ kind: 'ValidatingWebhookConfiguration' as const, object: seen('ValidatingWebhookConfiguration', name) }));
  assert.equal(told(terminatingServerStatus(undefined, webhooks, context)), ['PolicyWebhooksCleanedUp=False ReconciliationFailed: Waiting for webhook cleanup of policies: clusterwide-a, clusterwide-c']);
  assert.equal(told(terminatingServerStatus(undefined, [], context)), ['PolicyWebhooksCleanedUp=True ReconciliationSucceeded']);
});

statuses('a name that was deleted and made again does not inherit that its webhooks are gone', () => {
  const server = policyServer({}, {}, { conditions: [{ type: 'PolicyWebhooksCleanedUp', status: 'True', reason: 'x', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' }] });
  assert.not.ok(told(policyServerStatus(world({ server }), fine, context)).some((text) => text.startsWith('PolicyWebhooksCleanedUp')));
});

const condition = (type: string, status: 'True' | 'False', reason: string, message = ''): { readonly type: string; readonly status: 'True' | 'False'; readonly reason: string; readonly message: string; readonly lastTransitionTime: string } => ({ type, status, reason, message, lastTransitionTime: '' });

for (const [title, before, after, expected] of [
  ['a policy that becomes active', [condition('PolicyActive', 'False', 'PolicyActive')], [condition('PolicyActive', 'True', 'PolicyActive')], ['Normal PolicyActive']],
  ['a policy that stays active', [condition('PolicyActive', 'True', 'PolicyActive')], [condition('PolicyActive', 'True', 'PolicyActive')], []],
  ['work that is under way', [], [condition('PolicyActive', 'False', 'PolicyActive')], []],
  ['a policy that is rejected', [], [condition('PolicyServable', 'False', 'PolicyRejected', 'why')], ['Warning PolicyRejected']],
  ['the same rejection again', [condition('PolicyServable', 'False', 'PolicyRejected', 'why')], [condition('PolicyServable', 'False', 'PolicyRejected', 'why')], []],
  ['another rejection', [condition('PolicyServable', 'False', 'PolicyRejected', 'why')], [condition('PolicyServable', 'False', 'PolicyRejected', 'why else')], ['Warning PolicyRejected']],
  ['a part that waits for another', [], [condition('DeploymentReconciled', 'False', 'ReconciliationPending')], []],
  ['a part that failed', [], [condition('DeploymentReconciled', 'False', 'ReconciliationFailed')], ['Warning ReconciliationFailed']],
  ['a server that was missing and appeared', [condition('PolicyScheduled', 'False', 'PolicyServerMissing')], [condition('PolicyScheduled', 'True', 'PolicyServerFound')], ['Normal PolicyServerFound']],
  ['a server that was there from the start', [], [condition('PolicyScheduled', 'True', 'PolicyServerFound')], []],
] as const) {
  statuses(`C24: Events tell of ${title}: ${expected.length === 0 ? 'not' : expected.join()}`, () => assert.equal(transitions(before, after).map(({ type, reason }) => `${type} ${reason}`), expected));
}

statuses.run();
