import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../../lib/fault.js';
import type { StatusChange } from '../../../../integrations/k8s-controller/src/apply/status-writer.js';
import { mintAuthority } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { authorityData } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import type { Reconciled } from '../../../../integrations/k8s-controller/src/control/outcome.js';
import { reconcilePolicyServer } from '../../../../integrations/k8s-controller/src/control/reconcile-policy-server.js';
import type { Action } from '../../../../integrations/k8s-controller/src/plan/actions.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { namespace } from '../support/objects.js';
import { now, surroundings, type Circumstances } from '../support/surroundings.js';

const servers = suite('k8s-controller/control/reconcile-policy-server');

const finalizer = 'kubewarden.io/finalizer';
const going = '2026-05-31T00:00:00Z';
const authority: ApiObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'kubewarden-ca', namespace, uid: 'ca', resourceVersion: '1' }, data: authorityData({ ...(await mintAuthority(now)), previous: undefined }) };

function server(fields: object = { spec: { image: 'i', replicas: 1 } }, metadata: object = {}): ApiObject {
  return { apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'default', uid: 'server-uid', resourceVersion: '1', ...metadata }, ...fields };
}

function policy(name: string, metadata: object = {}): ApiObject {
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
  return { apiVersion: 'policies.kubewarden.io/v1', kind: 'ClusterAdmissionPolicy', metadata: { name, uid: name, resourceVersion: '1', ...metadata }, spec: { module: `registry://registry.test/${name}:v1`, mutating: false, rules } };
}

function webhook(name: string): ApiObject {
  return { apiVersion: 'admissionregistration.k8s.io/v1', kind: 'ValidatingWebhookConfiguration', metadata: { name, uid: name, resourceVersion: '1' }, webhooks: [{ clientConfig: { caBundle: '', service: { namespace, name: 'policy-server-default' } } }] };
}

interface Pass extends Reconciled {
  readonly actions: readonly Action[];
  readonly steps: readonly string[];
  readonly status: StatusChange | undefined;
}

/** One pass over the PolicyServer `default`; steps on the object named fail. */
async function pass(objects: readonly ApiObject[], circumstances: Circumstances = {}, failing?: string): Promise<Pass> {
  const actions: Action[] = [];
  let status: StatusChange | undefined;
  const perform = (action: Action): Promise<void> => {
    if (subject(action).startsWith(failing ?? ' ')) return Promise.reject(new Fault('KUBERNETES_FORBIDDEN', 'not allowed'));
    actions.push(action);
    return Promise.resolve();
  };
  const result = await reconcilePolicyServer('default', surroundings(objects, { ...circumstances, perform, onStatus: (change) => (status = change) }));
  return { ...result, actions, status, steps: actions.map((action) => `${action.kind} ${subject(action)}`) };
}

function subject(action: Action): string {
  if ('secret' in action) return `Secret ${action.secret.name}`;
  const { kind, name } = 'reference' in action ? action.reference : { kind: action.object.kind, name: action.object.metadata.name };
  return `${kind} ${name.replace(/[0-9a-f]{32}$/, '<version>')}`;
}

const told = ({ status }: Pass, type: string): string | undefined => {
  const found = status?.after.conditions?.find((condition) => condition.type === type);
  return found === undefined ? undefined : `${found.status} ${found.reason}: ${found.message}`;
};

servers('a new server gets its finalizer, then certificate, configuration, budget, Deployment and Service, in this order', async () => {
  const { steps, failures } = await pass([authority, server({ spec: { image: 'i', replicas: 1, minAvailable: 1 } })]);
  assert.equal(steps, [
    'set-finalizers PolicyServer default',
    'mint Secret policy-server-default',
    'apply ConfigMap policy-server-default-<version>',
    'apply ConfigMap policy-server-default',
    'apply PodDisruptionBudget policy-server-default',
    'apply Deployment policy-server-default',
    'apply Service policy-server-default',
  ]);
  assert.equal(failures, []);
});

for (const [part, failing, condition, message] of [
  ['finalizer', 'PolicyServer', 'DeploymentReconciled', 'error reconciling deployment: not allowed'],
  ['certificate', 'Secret', 'CertSecretReconciled', 'error reconciling secret: not allowed'],
  ['configuration', 'ConfigMap', 'ConfigMapReconciled', 'error reconciling configmap: not allowed'],
  ['disruption budget', 'PodDisruptionBudget', 'PodDisruptionBudgetReconciled', 'error reconciling policy server PodDisruptionBudget: not allowed'],
  ['Deployment', 'Deployment', 'DeploymentReconciled', 'error reconciling deployment: not allowed'],
  ['Service', 'Service', 'ServiceReconciled', 'error reconciling service: not allowed'],
] as const) {
  servers(`C4: why the ${part} could not be written is in its condition, and is tried again`, async () => {
    const result = await pass([authority, server({ spec: { image: 'i', replicas: 1, minAvailable: 1 } })], {}, failing);
    assert.is(told(result, condition), `False ReconciliationFailed: ${message}`);
    assert.ok(result.status?.after.conditions?.every(({ observedGeneration }) => observedGeneration === 1));
    assert.equal(result.failures.map(({ message: problem }) => problem), ['not allowed']);
  });
}

servers('Pods are not started before there is a certificate to mount: without an authority all but the Deployment is made', async () => {
  const result = await pass([server()]);
  assert.equal(result.steps.filter((step) => step.includes('Deployment')), []);
  assert.ok(result.steps.includes('apply Service policy-server-default'));
  assert.is(told(result, 'CertSecretReconciled'), 'False ReconciliationPending: error reconciling secret: there is no certificate authority yet');
  assert.is(told(result, 'DeploymentReconciled'), 'False ReconciliationPending: error reconciling deployment: waiting for the certificate and the configuration');
});

servers('a policy that is being deleted is served until it is gone: API servers may still ask for it', async () => {
  const { actions } = await pass([authority, server(), policy('staying'), policy('going', { deletionTimestamp: going, finalizers: [finalizer] })]);
  const [configuration] = actions.flatMap((action) => (action.kind === 'apply' && action.object.kind === 'ConfigMap' ? [action.object['data'] as Readonly<Record<string, string>>] : []));
  assert.equal(Object.keys(JSON.parse(configuration?.['policies.yml'] ?? '') as object), ['clusterwide-going', 'clusterwide-staying']);
});

const scaler = (target: string): ApiObject => ({ apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata: { name: 'scaler', uid: 'h', resourceVersion: '1' }, spec: { scaleTargetRef: { kind: 'Deployment', name: target } } });
const scaled: ApiObject = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'policy-server-default', namespace, uid: 'd', resourceVersion: '1', labels: { 'kubewarden/policy-server': 'default' } }, spec: { replicas: 7 } };

for (const [title, objects, replicas] of [
  ['is the PolicyServer\'s', [scaled], 1],
  ['is left to an autoscaler of the Deployment', [scaled, scaler('policy-server-default')], undefined],
  ['is no business of another Deployment\'s autoscaler', [scaled, scaler('policy-server-other')], 1],
] as const) {
  servers(`C12: the number of Pods ${title}`, async () => {
    const { actions } = await pass([authority, server(), ...objects]);
    const [deployment] = actions.flatMap((action) => (action.kind === 'apply' && action.object.kind === 'Deployment' ? [action.object['spec'] as { readonly replicas?: number }] : []));
    assert.ok(deployment);
    assert.is(deployment.replicas, replicas);
  });
}

const finalizers = ['kubewarden', 'other', finalizer];
const leaving = { deletionTimestamp: going, finalizers };

servers('a server that is being deleted is left as it is while webhooks point to it, and says which', async () => {
  const result = await pass([authority, server(undefined, leaving), policy('a'), webhook('clusterwide-a'), webhook('clusterwide-orphan')]);
  assert.equal([result.steps, result.nextMs], [[], undefined]);
  assert.is(told(result, 'PolicyWebhooksCleanedUp'), 'False ReconciliationFailed: Waiting for webhook cleanup of policies: clusterwide-a, clusterwide-orphan');
});

servers('a moment after its webhooks are gone it is let go, by the finalizer of old releases too; policies and children stay', async () => {
  const waiting = await pass([authority, server(undefined, leaving), policy('a')], { webhooksGoneMs: 4_000 });
  assert.equal([waiting.steps, waiting.nextMs], [[], 6_000]);
  const released = await pass([authority, server(undefined, leaving), policy('a')], { webhooksGoneMs: 10_000 });
  assert.equal(released.actions.map((action) => action.kind === 'set-finalizers' && action.finalizers), [['other']]);
  assert.is(told(released, 'PolicyWebhooksCleanedUp'), 'True ReconciliationSucceeded: ');
});

servers('C5: a server whose spec cannot be read is let go like any other', async () => {
  const unreadable = server({}, leaving);
  assert.equal((await pass([authority, unreadable, webhook('clusterwide-a')])).steps, []);
  assert.equal((await pass([authority, unreadable], { webhooksGoneMs: 10_000 })).steps, ['set-finalizers PolicyServer default']);
});

servers('nothing is made of a server whose spec cannot be read; its status says what is wrong, once', async () => {
  const given = (fields: object = {}): ApiObject => server({ spec: { replicas: 1 }, ...fields });
  const first = await pass([authority, given()]);
  assert.equal(first.steps, []);
  assert.match(told(first, 'DeploymentReconciled') ?? '', /^False ReconciliationFailed: error reconciling deployment: the PolicyServer cannot be read: spec\.image: /);
  const again = await pass([authority, given({ status: { conditions: first.status?.after.conditions?.map((condition) => ({ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' })) } })]);
  assert.equal(again.status?.after, again.status?.before);
});

servers('of a server that is gone nothing is left to do', async () => assert.equal(await pass([authority]).then(({ steps, failures }) => [steps, failures]), [[], []]));

servers.run();
