import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { formatKey, parseKey, type Subject } from '../../../../integrations/k8s-controller/src/world/keys.js';
import { allSubjects, relatedSubjects, type Relations } from '../../../../integrations/k8s-controller/src/world/related-keys.js';
import type { PolicyIdentity } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { seen } from '../support/objects.js';

const keys = suite('k8s-controller/world/keys');

const cluster: PolicyIdentity = { kind: 'ClusterAdmissionPolicy', name: 'a' };
const tenant: PolicyIdentity = { kind: 'AdmissionPolicy', namespace: 'ns', name: 'b' };
const relations: Relations = {
  policiesOn: (server) => (server === 'default' ? [cluster, tenant] : []),
  policiesWithId: (id) => (id === 'clusterwide-a' ? [cluster] : id === 'namespaced-ns-b' ? [tenant] : []),
  allPolicies: () => [cluster, tenant],
  allServers: () => ['default', 'other'],
  allWebhooks: () => [],
};

const subjects: readonly Subject[] = [{ kind: 'policy-server', name: 'default' }, { kind: 'policy', policy: cluster }, { kind: 'policy', policy: tenant }, { kind: 'certificates' }, { kind: 'own-webhooks' }];
keys('a subject survives being a key', () => assert.equal(subjects.map((subject) => parseKey(formatKey(subject))), subjects));

const everybody = ['certificates', 'own-webhooks', 'policy-server/default', 'policy-server/other', 'policy/ClusterAdmissionPolicy//a', 'policy/AdmissionPolicy/ns/b'];
const bound = ['policy-server/default', 'policy/ClusterAdmissionPolicy//a', 'policy/AdmissionPolicy/ns/b'];
const labels = { 'kubewarden/policy-server': 'default' };
const service = (name: string): object => ({ webhooks: [{ clientConfig: { caBundle: '', service: { namespace: 'kubewarden', name } } }] });

keys('everybody is asked for at the start', () => assert.equal(allSubjects(relations).map(formatKey), everybody));

keys('a webhook configuration that outlived its policy is looked at from the start, and so is the server that it points to', () => {
  const orphan = seen('ValidatingWebhookConfiguration', 'clusterwide-gone', service('policy-server-other'), { annotations: { kubewardenPolicyName: 'gone', kubewardenPolicyNamespace: '' } });
  const asked = allSubjects({ ...relations, allPolicies: () => [], allServers: () => [], allWebhooks: () => [orphan] });
  assert.equal(asked.map(formatKey), ['certificates', 'own-webhooks', 'policy/ClusterAdmissionPolicy//gone', 'policy-server/other', 'certificates']);
});

for (const [title, object, expected] of [
  ['a PolicyServer: itself and its policies', seen('PolicyServer', 'default'), bound],
  ['a policy: itself, its server, and whoever has its id', seen('ClusterAdmissionPolicy', 'a', { spec: { policyServer: 'other' } }), ['policy/ClusterAdmissionPolicy//a', 'policy-server/other', 'policy/ClusterAdmissionPolicy//a']],
  ['a policy that names no server: the default one', seen('AdmissionPolicy', 'b', { spec: {} }, { namespace: 'ns' }), ['policy/AdmissionPolicy/ns/b', 'policy-server/default', 'policy/AdmissionPolicy/ns/b']],
  ['a Pod: its server and all policies on it', seen('Pod', 'p', {}, { labels }), bound],
  ['endpoints: the same', seen('EndpointSlice', 'e', {}, { labels }), bound],
  ['a Deployment: the same', seen('Deployment', 'policy-server-default', {}, { labels }), bound],
  ['a version of the configuration: the same, for Pods serve what it says', seen('ConfigMap', 'policy-server-default-1', {}, { labels: { ...labels, 'kubewarden/config-version': '1' } }), bound],
  ['the readable copy of the configuration: the server', seen('ConfigMap', 'policy-server-default', {}, { labels }), ['policy-server/default']],
  ['a ReplicaSet: the server, whose old versions it may mount', seen('ReplicaSet', 'r', {}, { labels }), ['policy-server/default']],
  ['a Service: the server', seen('Service', 'policy-server-default', {}, { labels }), ['policy-server/default']],
  ['a Pod of somebody else: nobody', seen('Pod', 'p'), []],
  ['the authority: everybody', seen('Secret', 'kubewarden-ca'), everybody],
  ['our own certificate: certificates and registrations', seen('Secret', 'kubewarden-webhook-server-cert'), ['certificates', 'own-webhooks']],
  ['a server\'s certificate, also without labels: the server', seen('Secret', 'policy-server-default'), ['policy-server/default', 'certificates']],
  ['a stranger\'s Secret: nobody', seen('Secret', 'password'), []],
  ['an autoscaler of a server: the server', seen('HorizontalPodAutoscaler', 'h', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'policy-server-default' } } }), ['policy-server/default']],
  ['an autoscaler of something else: nobody', seen('HorizontalPodAutoscaler', 'h', { spec: { scaleTargetRef: { kind: 'Deployment', name: 'web' } } }), []],
  ['our own registrations: themselves', seen('MutatingWebhookConfiguration', 'kubewarden-controller-mutating-webhook-configuration'), ['own-webhooks', 'certificates']],
  ['a policy\'s webhook by its annotations: the policy and the server', seen('ValidatingWebhookConfiguration', 'clusterwide-gone', service('policy-server-other'), { annotations: { kubewardenPolicyName: 'gone', kubewardenPolicyNamespace: '' } }), ['policy/ClusterAdmissionPolicy//gone', 'policy-server/other', 'certificates']],
  ['a policy\'s webhook that lost its annotations: the policy by its id', seen('ValidatingWebhookConfiguration', 'namespaced-ns-b', service('policy-server-default')), ['policy/AdmissionPolicy/ns/b', 'policy-server/default', 'certificates']],
  ['a webhook that claims to be of another policy than its name says: nobody', seen('ValidatingWebhookConfiguration', 'other', service('web'), { annotations: { kubewardenPolicyName: 'x', kubewardenPolicyNamespace: '' } }), []],
] as const) {
  keys(`looks again after a change of ${title}`, () => assert.equal(relatedSubjects(object, relations).map(formatKey), expected));
}

keys.run();
