// Whatever the controller writes, it finds afterwards as it ought to be: otherwise it would write the same again each time it looks.
// The API server fills in fields, leaves out empty ones and spells amounts its own way; here it says how, for everything that can be asked for.

import * as assert from 'uvu/assert';

import type { Policy, PolicyServer } from '../../../integrations/k8s-controller/src/crds/custom-object.js';
import { readableConfigMap, versionedConfigMap } from '../../../integrations/k8s-controller/src/desired/config-map.js';
import { serverConfiguration } from '../../../integrations/k8s-controller/src/desired/configuration.js';
import { desiredDeployment } from '../../../integrations/k8s-controller/src/desired/deployment.js';
import { desiredDisruptionBudget } from '../../../integrations/k8s-controller/src/desired/disruption-budget.js';
import { ownWebhookConfigurations } from '../../../integrations/k8s-controller/src/desired/own-webhooks.js';
import type { ServerDefaults } from '../../../integrations/k8s-controller/src/desired/server-defaults.js';
import { desiredService } from '../../../integrations/k8s-controller/src/desired/service.js';
import { present, type Wanted } from '../../../integrations/k8s-controller/src/desired/wanted.js';
import { webhookConfiguration } from '../../../integrations/k8s-controller/src/desired/webhook.js';
import { planFor } from '../../../integrations/k8s-controller/src/plan/plan.js';
import type { SeenObject } from '../../../integrations/k8s-controller/src/world/kubernetes-object.js';
import { clusterPolicy, defaults, hash, namespace, namespacedPolicy, policyServer } from '../../integrations/k8s-controller/support/objects.js';
import { clusterSuite } from '../cluster-suite.js';

const { test, run } = await clusterSuite('cluster/controller/settled', { nodes: [] });

const collector = { kind: 'remote', variables: { OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector:4317' }, certificateSecret: 'otel-ca', clientCertificateSecret: 'otel-client' } as const;
const owner = { apiVersion: 'v1', kind: 'Namespace', name: namespace, uid: 'namespace-uid' };
const authorities = 'PEM\n';

const deployment = (spec: object, given: Partial<ServerDefaults> = {}): Wanted => deploymentOf(policyServer(spec), given);
const deploymentOf = (server: PolicyServer, given: Partial<ServerDefaults>): Wanted => present(desiredDeployment({ server, hash: hash('a'), defaults: defaults(given), replicas: server.spec.replicas }));
const webhook = (policy: Policy): Wanted => present(webhookConfiguration(policy, { namespace, authorities }), { exact: ['webhooks'] });
const configuration = serverConfiguration(policyServer(), [clusterPolicy()]);

const written: Readonly<Record<string, readonly Wanted[]>> = {
  'the smallest Deployment': [deployment({})],
  'a Deployment without Pods': [deployment({ replicas: 0 })],
  'a Deployment on the network of its Nodes': [deployment({}, { hostNetwork: true })],
  'a Deployment with sources, secrets, verification and a trust configuration': [deployment({ imagePullSecret: 'registry', insecureSources: ['a:5000'], sourceAuthorities: { 'b:5000': ['PEM'] }, verificationConfig: 'signatures', sigstoreTrustConfig: 'trust' })],
  'a Deployment with collectors, client authorities and pull secrets': [deployment({}, { telemetry: { metrics: true, tracing: true, collector }, clientCaConfigMap: 'client-ca', imagePullSecrets: ['pull', 'other'], alwaysAcceptOwnNamespace: true })],
  'a Deployment with a sidecar': [deployment({ annotations: { team: 'blue' }, labels: { team: 'blue' } }, { telemetry: { metrics: true, tracing: false, collector: { kind: 'sidecar' } } })],
  'a Deployment with amounts in every spelling': [deployment({ limits: { 'cpu': '0.5', 'memory': '1024Mi', 'example.test/gpu': 1 }, requests: { 'cpu': '100m', 'memory': '1000000', 'ephemeral-storage': '1e3', 'example.test/gpu': '1' } })],
  'a Deployment with variables that are empty or come from elsewhere': [
    deployment({
      env: [
        { name: 'EMPTY', value: '' },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: 1 } } },
        { name: 'KEY', valueFrom: { secretKeyRef: { name: 'a', key: 'b', optional: false } } },
      ],
    }),
  ],
  'a Deployment with placement in all its parts': [
    deployment({
      tolerations: [{ key: 'a', operator: 'Equal', value: '' }, { operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 0 }],
      priorityClassName: 'system-cluster-critical',
      serviceAccountName: 'policy-server',
      affinity: {
        nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'a', operator: 'In', values: ['b'] }] } }] },
        podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone', labelSelector: { matchLabels: { a: 'b' } }, namespaceSelector: {}, namespaces: [] }] },
      },
    }),
  ],
  'a Deployment with security contexts that say no': [
    deployment({
      securityContexts: {
        container: { privileged: false, runAsNonRoot: false, runAsUser: 0, readOnlyRootFilesystem: false, allowPrivilegeEscalation: false, capabilities: { add: [], drop: ['ALL'] }, seLinuxOptions: { level: '' } },
        pod: { fsGroup: 0, runAsUser: 0, supplementalGroups: [], sysctls: [], seccompProfile: { type: 'RuntimeDefault' } },
      },
    }),
  ],
  'Services': [present(desiredService(policyServer(), defaults())), present(desiredService(policyServer({ webhookPort: 9000, metricsPort: 9001 }), defaults({ telemetry: { metrics: true, tracing: false, collector } })))],
  'PodDisruptionBudgets': [{ minAvailable: 0 }, { minAvailable: '50%' }, { maxUnavailable: 1 }].map((limit) => desiredDisruptionBudget(policyServer(limit), namespace)),
  'ConfigMaps': [present(versionedConfigMap(policyServer(), configuration, namespace), { exact: ['data'], immutable: true }), present(readableConfigMap(policyServer(), configuration, namespace), { exact: ['data'] })],
  'webhook configurations': [
    webhook(clusterPolicy()),
    webhook(clusterPolicy({ mutating: true, namespaceSelector: { matchLabels: { a: 'b' } }, objectSelector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: [] }] } })),
    webhook(clusterPolicy({ allowInsideAdmissionControllerNamespace: true, matchConditions: [{ name: 'a', expression: 'true' }], failurePolicy: 'Ignore', matchPolicy: 'Exact', sideEffects: 'NoneOnDryRun', timeoutSeconds: 20 })),
    webhook(namespacedPolicy({ rules: [{ operations: ['*'], apiGroups: ['apps'], apiVersions: ['*'], resources: ['*/*'], scope: '*' }] })),
  ],
  "the registrations of the product's own webhooks": ownWebhookConfigurations({ namespace, service: 'webhooks', authorities, owner }).map((object) => present(object, { exact: ['webhooks'] })),
};

test('there is a namespace', async (cluster) => {
  await cluster.kubectl(['create', 'namespace', namespace]);
});

for (const [title, wanted] of Object.entries(written)) {
  test(`${title}: found as written`, async (cluster) => {
    for (const each of wanted) {
      if (each.kind !== 'present') throw new Error('nothing is written');
      // Only tried: nobody owns these objects, and Kubernetes would clear them away at once.
      const stored = await cluster.kubectl(['apply', '--server-side', '--dry-run=server', '-o', 'json', '-f', '-'], { input: JSON.stringify(each.object) });
      const found = JSON.parse(stored) as SeenObject;
      const plan = planFor(each, [found]);
      assert.equal(plan.kind === 'steps' && plan.actions.map(({ kind }) => kind), [], `${each.object.kind}, stored as ${stored}`);
    }
  });
}

run();
