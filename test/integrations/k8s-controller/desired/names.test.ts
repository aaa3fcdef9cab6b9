import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { ownWebhookAt, ownWebhookPath } from '../../../../integrations/k8s-controller/src/desired/own-webhooks.js';
import { policyIdOf, serverAppLabel, serverDnsName, serverNameOf, serverObjectName, webhookName } from '../../../../integrations/k8s-controller/src/desired/names.js';
import { clusterPolicy, namespacedPolicy } from '../support/objects.js';

const names = suite('k8s-controller/desired/names');

names('policies have the ids of the contract', () => {
  assert.is(policyIdOf(clusterPolicy({}, { name: 'a' })), 'clusterwide-a');
  assert.is(policyIdOf(namespacedPolicy({}, { namespace: 'ns', name: 'a' })), 'namespaced-ns-a');
  assert.is(webhookName(policyIdOf(clusterPolicy({}, { name: 'a' }))), 'clusterwide-a.kubewarden.admission');
});

names('servers have the names of the contract', () => {
  assert.equal([serverObjectName('a'), serverAppLabel('a'), serverDnsName('a', 'ns')], ['policy-server-a', 'kubewarden-policy-server-a', 'policy-server-a.ns.svc']);
});

names('a server is found by the name of its objects', () => {
  assert.equal(['policy-server-a', 'policy-server-', 'other'].map(serverNameOf), ['a', undefined, undefined]);
});

names('our own webhooks are served at the contract\'s paths, and nothing else is', () => {
  assert.is(ownWebhookPath('mutate', 'PolicyServer'), '/mutate-policies-kubewarden-io-v1-policyserver');
  assert.is(ownWebhookPath('validate', 'ClusterAdmissionPolicy'), '/validate-policies-kubewarden-io-v1-clusteradmissionpolicy');
  assert.equal(ownWebhookAt('/validate-policies-kubewarden-io-v1-admissionpolicy'), { purpose: 'validate', kind: 'AdmissionPolicy' });
  assert.is(ownWebhookAt('/validate'), undefined);
});

names.run();
