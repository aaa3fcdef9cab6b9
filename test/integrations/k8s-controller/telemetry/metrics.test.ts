import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { countedPolicies } from '../../../../integrations/k8s-controller/src/telemetry/counted-policies.js';
import { createMetrics, type CountedPolicy } from '../../../../integrations/k8s-controller/src/telemetry/metrics.js';
import type { ApiObject } from '../../../../lib/kubernetes/api-object.js';

const telemetry = suite('k8s-controller/telemetry/metrics');

const policy: CountedPolicy = { name: 'clusterwide-a', policy_server: 'default', module: 'm', mutating: 'false', namespace: '', failure_policy: 'Fail', policy_status: 'active' };
const linesOf = async (metrics: ReturnType<typeof createMetrics>, name: string): Promise<readonly string[]> => (await metrics.text()).body.split('\n').filter((line) => line.startsWith(name));

telemetry('C14: policies are counted once each while they exist, however often they are reconciled', async () => {
  let policies = [policy, { ...policy, name: 'clusterwide-b' }];
  const metrics = createMetrics({ queueLength: () => 0, isLeader: () => true, policies: () => policies });
  metrics.reconciled('clusteradmissionpolicy', 'success', 0.1);
  metrics.reconciled('clusteradmissionpolicy', 'success', 0.1);
  const count = async (): Promise<readonly (string | undefined)[]> => (await linesOf(metrics, 'kubewarden_policy_total')).map((line) => /name="([^"]+)".* 1$/.exec(line)?.[1]);
  assert.equal(await count(), ['clusterwide-a', 'clusterwide-b']);
  policies = [policy];
  assert.equal(await count(), ['clusterwide-a']);
});

telemetry('reconciliations, failures, writes and answers are counted by what they were', async () => {
  const metrics = createMetrics({ queueLength: () => 3, isLeader: () => false, policies: () => [] });
  metrics.reconciled('policyserver', 'error', 2);
  metrics.wrote('Deployment', 'apply');
  metrics.answered('validate', 200);
  assert.equal(await linesOf(metrics, 'controller_runtime_reconcile_errors_total'), ['controller_runtime_reconcile_errors_total{controller="policyserver"} 1']);
  assert.equal(await linesOf(metrics, 'controller_runtime_reconcile_total'), ['controller_runtime_reconcile_total{controller="policyserver",result="error"} 1']);
  assert.equal(await linesOf(metrics, 'wasmwarden_cluster_writes_total'), ['wasmwarden_cluster_writes_total{kind="Deployment",action="apply"} 1']);
  assert.equal(await linesOf(metrics, 'controller_runtime_webhook_requests_total'), ['controller_runtime_webhook_requests_total{webhook="validate",code="200"} 1']);
  assert.equal(await linesOf(metrics, 'workqueue_depth'), ['workqueue_depth{name="controller"} 3']);
  assert.equal(await linesOf(metrics, 'leader_election_master_status'), ['leader_election_master_status{name="a4ddbf36.kubewarden.io"} 0']);
});

telemetry('the process tells of itself under the usual names', async () => {
  const { body } = await createMetrics({ queueLength: () => 0, isLeader: () => true, policies: () => [] }).text();
  for (const name of ['process_cpu_seconds_total', 'process_resident_memory_bytes', 'process_start_time_seconds', 'process_open_fds']) assert.match(body, new RegExp(`^${name} \\d`, 'm'));
});

telemetry('policies that can be read are counted as what they say, others not at all', () => {
  const rules = [{ operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] }];
  const objects: readonly ApiObject[] = [
    { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name: 'a', namespace: 'ns', uid: '1', resourceVersion: '1' }, spec: { module: 'm', mutating: true, rules, failurePolicy: 'Ignore' }, status: { policyStatus: 'pending' } },
    { apiVersion: 'policies.kubewarden.io/v1', kind: 'AdmissionPolicy', metadata: { name: 'b', namespace: 'ns', uid: '2', resourceVersion: '1' }, spec: {} },
  ];
  const counted = countedPolicies({
    all: (kind) => objects.filter((object) => object.kind === kind),
    find: (kind, name) => objects.find((object) => object.kind === kind && object.metadata.name === name),
    boundTo: () => [],
    ofServer: () => [],
    withPolicyId: () => [],
  });
  assert.equal(counted, [{ name: 'namespaced-ns-a', policy_server: 'default', module: 'm', mutating: 'true', namespace: 'ns', failure_policy: 'Ignore', policy_status: 'pending' }]);
});

telemetry.run();
