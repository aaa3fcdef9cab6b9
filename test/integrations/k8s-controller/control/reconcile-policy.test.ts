import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { Fault } from '../../../../lib/fault.js';
import type { StatusChange } from '../../../../integrations/k8s-controller/src/apply/status-writer.js';
import { mintAuthority } from '../../../../integrations/k8s-controller/src/certificates/authority.js';
import { authorityData } from '../../../../integrations/k8s-controller/src/certificates/secrets.js';
import { reconcilePolicy } from '../../../../integrations/k8s-controller/src/control/reconcile-policy.js';
import { serverConfiguration } from '../../../../integrations/k8s-controller/src/desired/configuration.js';
import type { PolicyIdentity } from '../../../../integrations/k8s-controller/src/desired/names.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';
import { clusterPolicy, namespace, policyServer } from '../support/objects.js';
import { now, reconciled, type Circumstances } from '../support/surroundings.js';

const policies = suite('k8s-controller/control/reconcile-policy');

const finalizer = 'kubewarden.io/finalizer';
const identity: PolicyIdentity = { kind: 'ClusterAdmissionPolicy', name: 'a' };
const leaving = { deletionTimestamp: '2026-05-31T00:00:00Z', finalizers: [finalizer] };
const { certificate, key } = await mintAuthority(now);

const object = (kind: string, name: string, fields: object, metadata: object = {}): ApiObject => ({ apiVersion: 'v1', kind, metadata: { name, uid: `${name}-uid`, resourceVersion: '1', ...metadata }, ...fields });
const authority = object('Secret', 'kubewarden-ca', { data: authorityData({ certificate, key, previous: undefined }) }, { namespace });
const spec = { image: 'registry.test/policy-server:v1', replicas: 1 };
const server = (metadata: object = {}): ApiObject => object('PolicyServer', 'default', { spec }, metadata);
const stored = (metadata: object = {}): ApiObject => object('ClusterAdmissionPolicy', 'a', { spec: clusterPolicy().spec }, metadata);
/** As a policy may be stored that was made while nobody checked policies. */
const unreadable = (metadata: object = {}, status?: object): ApiObject => object('ClusterAdmissionPolicy', 'a', status === undefined ? {} : { status }, metadata);
const webhook = (annotations: object = { kubewardenPolicyName: 'a', kubewardenPolicyNamespace: '' }): ApiObject =>
  object('ValidatingWebhookConfiguration', 'clusterwide-a', { webhooks: [{ clientConfig: { caBundle: '', service: { namespace, name: 'policy-server-default' } } }] }, { annotations });

/** A Pod of the server `default` that serves the policy, and is reached. */
function serving(): readonly ApiObject[] {
  const { hash, data } = serverConfiguration(policyServer(), [clusterPolicy({}, { name: 'a' })]);
  const labels = { 'kubewarden/policy-server': 'default' };
  return [
    object('ConfigMap', `policy-server-default-${hash}`, { data }, { namespace, labels: { ...labels, 'kubewarden/config-version': hash } }),
    object('Pod', 'pod', { status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] } }, { namespace, labels: { ...labels, 'kubewarden/config-version': hash } }),
    object('EndpointSlice', 'slice', { endpoints: [{ conditions: { ready: true }, targetRef: { kind: 'Pod', name: 'pod' } }] }, { namespace, labels }),
  ];
}

const steps = async (objects: readonly ApiObject[], circumstances: Circumstances = {}): Promise<readonly string[]> => (await reconciled((given) => reconcilePolicy(identity, given), [authority, ...objects], circumstances)).done;
const statusOf = async (objects: readonly ApiObject[]): Promise<StatusChange | undefined> => {
  let status: StatusChange | undefined;
  await steps(objects, { onStatus: (change) => (status = change) });
  return status;
};

policies('a webhook is written for a policy that is served, and not before the finalizer that takes it away again', async () => {
  assert.equal(await steps([server(), ...serving(), stored()]), ['set-finalizers a', 'apply clusterwide-a']);
});

policies('a policy that nobody serves yet gets its finalizer and no webhook', async () => assert.equal(await steps([server(), stored()]), ['set-finalizers a']));

policies('a policy that is being deleted loses its webhook first and its finalizer when nobody asks for it any more', async () => {
  assert.equal(await steps([server(), ...serving(), stored(leaving), webhook()]), ['delete clusterwide-a']);
  assert.equal(await steps([server(), ...serving(), stored(leaving)], { webhooksGoneMs: 9_000 }), []);
  assert.equal(await steps([server(), ...serving(), stored(leaving)], { webhooksGoneMs: 10_000 }), ['set-finalizers a']);
});

policies('C5: neither a missing authority nor a missing PolicyServer keeps a policy from going', async () => {
  const { done } = await reconciled((given) => reconcilePolicy(identity, given), [stored(leaving)], { webhooksGoneMs: 0 });
  assert.equal(done, ['set-finalizers a']);
});

policies('C5: a policy that cannot be read is let go like any other', async () => {
  assert.equal(await steps([server(), unreadable(leaving), webhook()]), ['delete clusterwide-a']);
  assert.equal(await steps([server(), unreadable(leaving)], { webhooksGoneMs: 9_000 }), []);
  assert.equal(await steps([server(), unreadable(leaving)], { webhooksGoneMs: 10_000 }), ['set-finalizers a']);
});

policies('a policy that cannot be read keeps its finalizer while its webhook cannot be removed', async () => {
  const perform = (): Promise<void> => Promise.reject(new Fault('KUBERNETES_FORBIDDEN', 'not allowed'));
  assert.equal(await steps([server(), unreadable(leaving), webhook()], { perform, webhooksGoneMs: 10_000 }), []);
});

for (const [title, servers] of [['does not exist', []], ['is being deleted', [server(leaving)]]] as const) {
  policies(`a policy that cannot be read and whose PolicyServer ${title} loses its webhook`, async () => assert.equal(await steps([...servers, unreadable({ finalizers: [finalizer] }), webhook()]), ['delete clusterwide-a']));
}

policies('a policy that cannot be read keeps its webhook, which refuses what nobody judges; its status says what is wrong, once', async () => {
  assert.equal(await steps([server(), unreadable(), webhook()]), []);
  const first = await statusOf([server(), unreadable()]);
  assert.match(JSON.stringify(first?.after), /"PolicyActive","status":"False","reason":"PolicyInvalid","message":"The ClusterAdmissionPolicy cannot be read: spec\.module: /);
  const again = await statusOf([server(), unreadable({}, { ...first?.after, conditions: first?.after.conditions?.map((condition) => ({ ...condition, lastTransitionTime: '2026-01-01T00:00:00Z' })) })]);
  assert.equal(again?.after, again?.before);
});

policies('a webhook that outlived its policy goes, one of another policy with that name stays', async () => {
  assert.equal(await steps([server(), webhook()]), ['delete clusterwide-a']);
  assert.equal(await steps([server(), webhook({ kubewardenPolicyName: 'b', kubewardenPolicyNamespace: '' })]), []);
});

policies.run();
