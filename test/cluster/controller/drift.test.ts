// What belongs to the controller and is edited, stripped or deleted by somebody else is as it was a moment later.

import { X509Certificate } from 'node:crypto';

import * as assert from 'uvu/assert';

import { canonicalJson } from '../../../integrations/k8s-controller/src/desired/canonical-json.js';
import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, eventually, images, install, namespace, pod, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/drift', { images });

/** Everything is repaired within seconds; this is how long a busy machine may take, in milliseconds. */
const repairMs = 30_000;

let registry: PolicyRegistry | undefined;

interface Owned extends ApiObject {
  readonly metadata: ApiObject['metadata'] & { readonly ownerReferences?: readonly object[] };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

/** A kind of object: where it is, and how it is damaged besides by deletion, by merge patches or lists of JSON patch steps. */
interface Kept {
  readonly title: string;
  readonly path: string;
  readonly damages: Readonly<Record<string, object>>;
}

const stripped = { metadata: { labels: null, ownerReferences: null } };
const webhookPath = (kind: 'validating' | 'mutating', name: string): string => `/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations/${name}`;
const core = (plural: string, name: string): string => `/api/v1/namespaces/${namespace}/${plural}/${name}`;
const garbage = Buffer.from('garbage').toString('base64');

const kept: readonly Kept[] = [
  {
    title: 'C11: the Deployment of a PolicyServer',
    path: `/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-default`,
    damages: {
      'that has lost its labels and its owner': stripped,
      'that was scaled by hand': { spec: { replicas: 0 } },
      'whose version annotation was changed': { metadata: { annotations: { 'kubewarden/config-version': '0'.repeat(32) } } },
    },
  },
  {
    title: 'C11: the Service of a PolicyServer',
    path: core('services', 'policy-server-default'),
    damages: {
      'that has lost its labels and its owner': stripped,
      'that selects no Pods any more': { spec: { selector: { more: 'anything' } } },
      'that selects other Pods': { spec: { selector: { 'app.kubernetes.io/instance': 'somebody-else' } } },
      'whose port leads elsewhere': { spec: { ports: [{ name: 'policy-server', port: 443, targetPort: 9, protocol: 'TCP' }] } },
    },
  },
  {
    title: 'C11: the readable ConfigMap of a PolicyServer',
    path: core('configmaps', 'policy-server-default'),
    damages: {
      'that has lost its labels and its owner': stripped,
      'whose policies were taken out': { data: { 'policies.yml': '{}' } },
      'that was given another file': { data: { 'other.yml': '{}' } },
    },
  },
  {
    title: 'C11: the PodDisruptionBudget of a PolicyServer',
    path: `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets/policy-server-default`,
    damages: {
      'that has lost its labels and its owner': stripped,
      'with another limit': { spec: { minAvailable: 0 } },
    },
  },
  {
    title: 'the webhook configuration of a policy',
    path: webhookPath('validating', 'clusterwide-privileged-pods'),
    damages: {
      'that has lost its labels and annotations': { metadata: { labels: null, annotations: null } },
      'that has lost its name annotation': { metadata: { annotations: { kubewardenPolicyName: null } } },
      'that claims to be of a namespace': { metadata: { annotations: { kubewardenPolicyNamespace: 'elsewhere' } } },
      'that has lost its webhooks': { webhooks: [] },
      'that leads to another Service': [{ op: 'replace', path: '/webhooks/0/clientConfig/service/name', value: 'policy-server-other' }],
      'that trusts no authority of ours': [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }],
      'that lets through what nobody judges': [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }],
      'that has a second webhook': [{ op: 'add', path: '/webhooks/-', value: { name: 'second.example.test', clientConfig: { url: 'https://example.test/' }, sideEffects: 'None', admissionReviewVersions: ['v1'] } }],
    },
  },
  ...(['validating', 'mutating'] as const).map((kind) => ({
    title: `C10: the ${kind} webhook configuration for the product's own kinds`,
    path: webhookPath(kind, `kubewarden-controller-${kind}-webhook-configuration`),
    damages: { 'that has lost its labels and its owner': stripped, 'that has lost its webhooks': { webhooks: [] }, 'that trusts no authority of ours': [{ op: 'remove', path: '/webhooks/0/clientConfig/caBundle' }] },
  })),
];

const secrets: readonly string[] = ['policy-server-default', 'kubewarden-webhook-server-cert', 'kubewarden-audit-scanner-client-cert'];

test('a PolicyServer with a disruption budget serves a policy', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry)]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: { ...sources(registry), minAvailable: 1 } })]);
  await cluster.apply([clusterPolicy('privileged-pods', { module: registry.moduleOf('pod-privileged') })]);
  await enforced(cluster, 'privileged-pods');
  await rolledOut(cluster, 'policy-server-default');
});

for (const { title, path, damages } of kept) {
  for (const [damage, patch] of Object.entries(damages)) {
    test(`${title} ${damage} is as before`, async (cluster) => {
      const before = await cluster.client.get<Owned>(path);
      const damaged = await cluster.client.patch<Owned>(path, Array.isArray(patch) ? 'json-patch+json' : 'merge-patch+json', patch);
      assert.is.not(essence(damaged), essence(before));
      const repaired = await repairedLike(cluster, path, before);
      assert.is(repaired.metadata.uid, before.metadata.uid);
    });
  }

  test(`${title} is made again after it was deleted`, async (cluster) => {
    const before = await cluster.client.get<Owned>(path);
    await cluster.client.delete(path);
    const repaired = await repairedLike(cluster, path, before, ({ metadata }) => metadata.uid !== before.metadata.uid);
    assert.is(repaired.metadata.deletionTimestamp, undefined);
  });
}

test('a container of the Deployment that was changed in place is as before', async (cluster) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-default`;
  await cluster.untilEndpoints({ namespace, service: 'policy-server-default', ready: 1 });
  const before = await cluster.client.get<Owned>(path);
  await cluster.kubectl(['set', 'image', '-n', namespace, 'deployment/policy-server-default', 'policy-server-default=example.test/other:v1']);
  await cluster.kubectl(['set', 'env', '-n', namespace, 'deployment/policy-server-default', 'KUBEWARDEN_PORT=1']);
  await repairedLike(cluster, path, before);
});

test('what a PolicyServer asked for and asks for no more goes from its Deployment', async (cluster) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-spare`;
  await cluster.apply([{ apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'spare' }, spec: { image: 'example.test/policy-server:v1', replicas: 0 } }]);
  const before = await cluster.until<Owned>(path, (found) => found !== undefined, repairMs);
  const asked = {
    env: [{ name: 'ADDED', value: 'yes' }],
    labels: { 'added-label': 'yes' },
    annotations: { 'added-annotation': 'yes' },
    limits: { memory: '1Gi' },
    requests: { memory: '512Mi' },
    affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, preference: { matchExpressions: [{ key: 'added-affinity', operator: 'Exists' }] } }] } },
    tolerations: [{ key: 'added-toleration', operator: 'Exists' }],
    serviceAccountName: 'added-account',
    priorityClassName: 'added-priority',
    securityContexts: { container: { runAsUser: 12345 }, pod: { fsGroup: 54321 } },
    verificationConfig: 'added-verification',
    insecureSources: ['added.example.test'],
    webhookPort: 9001,
    readinessProbePort: 9002,
  };
  const traces = ['ADDED', 'added-label', 'added-annotation', '1Gi', '512Mi', 'added-affinity', 'added-toleration', 'added-account', 'added-priority', '12345', '54321', 'added-verification', '/sources', '9001', '9002'];
  await cluster.kubectl(['patch', 'ps', 'spare', '--type=merge', '-p', JSON.stringify({ spec: asked })]);
  await cluster.until<Owned>(path, (found) => found !== undefined && traces.every((text) => JSON.stringify(found.spec).includes(text)), repairMs);
  const nothing = Object.fromEntries(Object.keys(asked).map((field) => [field, null]));
  await cluster.kubectl(['patch', 'ps', 'spare', '--type=merge', '-p', JSON.stringify({ spec: nothing })]);
  const version = (deployment: Owned | undefined): string | undefined => deployment?.metadata.annotations?.['kubewarden/config-version'];
  const after = await cluster.until<Owned>(path, (found) => version(found) === version(before) && !traces.some((text) => JSON.stringify(found?.spec).includes(text)), repairMs).catch(() => cluster.client.get<Owned>(path));
  assert.is(essence(after), essence(before));
});

test('a Deployment that the reference made is taken over: what it had set and nobody asks for goes, what others added stays', async (cluster) => {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-taken`;
  const labels = { 'kubewarden/policy-server': 'taken', 'app': 'kubewarden-policy-server-taken' };
  const template = {
    metadata: { labels },
    spec: {
      containers: [{ name: 'policy-server-taken', image: 'example.test/old:v1', env: [{ name: 'KUBEWARDEN_VERIFICATION_CONFIG_PATH', value: '/old-verification' }] }],
      priorityClassName: 'old-priority',
      affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'old-zone', labelSelector: { matchLabels: labels } }] } },
    },
  };
  const annotations = { 'kubewarden/config-version': '12345', 'kubewarden.io/managed-label-keys': 'old-label', 'old-annotation': 'yes' };
  const old = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'policy-server-taken', namespace, labels, annotations }, spec: { replicas: 0, selector: { matchLabels: { app: labels.app } }, template } };
  await cluster.kubectl(['create', '--field-manager=controller', '-f', '-'], { input: JSON.stringify(old) });
  await cluster.kubectl(['annotate', '-n', namespace, 'deployment/policy-server-taken', 'somebody=else']);
  await cluster.apply([{ apiVersion: 'policies.kubewarden.io/v1', kind: 'PolicyServer', metadata: { name: 'taken' }, spec: { image: 'example.test/policy-server:v1', replicas: 0 } }]);
  const taken = await cluster.until<Owned>(path, (found) => found !== undefined && JSON.stringify(found.spec).includes('example.test/policy-server:v1'), repairMs);
  assert.not.match(JSON.stringify([taken.spec, taken.metadata.annotations, taken.metadata.labels]), /old-/);
  assert.is(taken.metadata.annotations?.['somebody'], 'else');
});

test('C11: the versioned ConfigMap that Pods mount is made again after it was deleted, and has its labels back', async (cluster) => {
  const version = await versionedConfigMap(cluster);
  const before = await cluster.client.get<Owned>(core('configmaps', version));
  await cluster.client.patch(core('configmaps', version), 'merge-patch+json', stripped);
  await repairedLike(cluster, core('configmaps', version), before);
  await cluster.client.delete(core('configmaps', version));
  await repairedLike(cluster, core('configmaps', version), before, ({ metadata }) => metadata.uid !== before.metadata.uid);
});

for (const name of secrets) {
  test(`C11: the certificate in the Secret ${name} is replaced when it is deleted or overwritten, and the Secret keeps its labels and owner`, async (cluster) => {
    const path = core('secrets', name);
    const { data: authorityData = {} } = await cluster.client.get<Owned>(core('secrets', 'kubewarden-ca'));
    const authority = authorityData['ca.crt'] ?? '';
    const before = await cluster.client.get<Owned>(path);
    await cluster.client.patch(path, 'merge-patch+json', stripped);
    const again = await cluster.until<Owned>(path, (found) => found !== undefined && surroundingsOf(found) === surroundingsOf(before), repairMs);
    assert.equal(again.data, before.data);
    await cluster.client.patch(path, 'merge-patch+json', { data: { 'tls.crt': garbage, 'tls.key': garbage } });
    await cluster.until<Owned>(path, (found) => isSigned(found, authority), repairMs);
    await eventually(async () => (await events(cluster)).some(({ reason, message }) => reason === 'CertificateReplaced' && message === `The certificate in the Secret ${name} was replaced: there is no certificate yet`), 'an Event tells of it');
    await cluster.client.delete(path);
    await cluster.until<Owned>(path, (found) => isSigned(found, authority) && found?.metadata.uid !== before.metadata.uid, repairMs);
  });
}

test('after all that the policy is enforced, and nothing is left over', async (cluster) => {
  await rolledOut(cluster, 'policy-server-default');
  await cluster.untilEndpoints({ namespace, service: 'policy-server-default', ready: 1 });
  await enforced(cluster, 'privileged-pods');
  assert.match((await refusal(cluster, pod('bad', { privileged: true }))) ?? '', /Privileged container is not allowed/);
  assert.is(await refusal(cluster, pod('good')), undefined);
  assert.equal((await events(cluster)).filter(({ reason }) => reason === 'ReconciliationFailed').map(({ message }) => message), [], 'a repair is no failure');
});

after(async () => registry?.[Symbol.asyncDispose]());

run();

interface Event extends ApiObject {
  readonly reason: string;
  readonly message: string;
}

async function events(cluster: Cluster): Promise<readonly Event[]> {
  return (await cluster.client.get<ApiList<Event>>('/api/v1/events')).items;
}

/** Waits until an object is there and says what it said. */
function repairedLike(cluster: Cluster, path: string, before: Owned, also: (found: Owned) => boolean = () => true): Promise<Owned> {
  return cluster.until<Owned>(path, (found) => found !== undefined && also(found) && essence(found) === essence(before), repairMs);
}

/** What of an object its owner decides; what the cluster adds to it differs after it was made again. */
function essence(object: Owned): string {
  const { spec, data, webhooks, immutable } = object;
  const decided = spec === undefined ? undefined : Object.fromEntries(Object.entries(spec).filter(([field]) => !field.startsWith('clusterIP')));
  return canonicalJson({ surroundings: surroundingsOf(object), spec: decided ?? null, data: data ?? null, webhooks: webhooks ?? null, immutable: immutable ?? null });
}

function surroundingsOf({ metadata: { labels = {}, annotations = {}, ownerReferences = [] } }: Owned): string {
  const own = Object.fromEntries(Object.entries(annotations).filter(([name]) => !name.startsWith('deployment.kubernetes.io/')));
  return canonicalJson({ labels, annotations: own, ownerReferences });
}

/** Tells whether a Secret holds a certificate that the authority signed. */
function isSigned(secret: Owned | undefined, authority: string): boolean {
  const [certificate = '', issuer = ''] = [secret?.data?.['tls.crt'] ?? '', authority].map((text) => Buffer.from(text, 'base64').toString());
  if (!certificate.includes('BEGIN CERTIFICATE')) return false;
  return new X509Certificate(certificate).verify(new X509Certificate(issuer).publicKey);
}

async function versionedConfigMap(cluster: Cluster): Promise<string> {
  const deployment = await cluster.client.get<Owned>(`/apis/apps/v1/namespaces/${namespace}/deployments/policy-server-default`);
  const name = `policy-server-default-${deployment.metadata.annotations?.['kubewarden/config-version'] ?? ''}`;
  const { items } = await cluster.client.get<ApiList<Owned>>(`/api/v1/namespaces/${namespace}/configmaps`);
  assert.ok(items.some(({ metadata }) => metadata.name === name), name);
  return name;
}
