// The policy-server as a real API server meets it: Deployment, TLS from a Secret, policies.yml from a ConfigMap, webhook
// configurations, all made by hand; and with modules from a registry and a web server.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { createSourceClients, parseDestination, parseDockerConfig, pushModule, readSources, type Environment } from 'wasmwarden/source';
import * as assert from 'uvu/assert';

import { withCustomSection } from '../../../lib/wasm/custom-section.js';
import { makeCertificates } from '../../support/certificates.js';
import { startRegistry } from '../../support/container-registry.js';
import { fixtureBytes } from '../../support/fixtures.js';
import { scratchFolder } from '../../support/scratch.js';
import { startWebServer } from '../../support/web-server.js';
import { servingCertificate } from '../acceptance/webhook-objects.js';
import type { ApiList, Pod } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { policyRegistration, policyServerImage, policyServerObjects, type PolicyServerObjects } from './policy-server-objects.js';

const REPOSITORY = fileURLToPath(new URL('../../../../', import.meta.url));
const NAMESPACE = 'kubewarden';
const GUARDED = 'guarded';
const pods = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] };

const { test, run } = await clusterSuite('cluster/webhook-server/policy-server', {
  images: {
    [policyServerImage]: {
      entrypoint: [process.execPath, '--conditions=@wasmwarden/source', '/app/build/integrations/webhook-server/src/main.js'],
      contents: { '/app': REPOSITORY },
    },
    'example.test/shell:v1': { entrypoint: ['sh', '-c'] },
  },
});

const module = (name: string): string => `file:///app/build/fixtures/policies/${name}.wasm`;

/** A guest that never answers, with the metadata that the policy-server asks for. */
function slowModule(): string {
  const metadata = { protocolVersion: 'v1', rules: [], mutating: false };
  mkdirSync('build/cluster', { recursive: true });
  writeFileSync('build/cluster/slow.wasm', withCustomSection(fixtureBytes('adversarial/infinite-loop'), 'io.kubewarden.metadata', new TextEncoder().encode(JSON.stringify(metadata))));
  return 'file:///app/build/cluster/slow.wasm';
}

function pod(name: string, securityContext: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: GUARDED },
    spec: { terminationGracePeriodSeconds: 0, containers: [{ name: 'main', image: 'example.test/shell:v1', args: ['sleep 600'], securityContext }] },
  };
}

async function deployed(cluster: Cluster, server: Omit<PolicyServerObjects, 'namespace' | 'pem'>): Promise<PolicyServerObjects> {
  const complete = { ...server, namespace: NAMESPACE, pem: await servingCertificate(server.name, NAMESPACE) };
  await cluster.apply(policyServerObjects(complete));
  await cluster.untilEndpoints({ namespace: NAMESPACE, service: server.name, ready: 1 });
  return complete;
}

/** What the API server answers to a creation or update that it refuses; empty when it does not. */
async function refusal(attempt: Promise<unknown>): Promise<string> {
  return attempt.then(
    () => '',
    (error: unknown) => String(error),
  );
}

const create = (cluster: Cluster, object: object, path = `/api/v1/namespaces/${GUARDED}/pods`): Promise<unknown> => cluster.client.create(path, object);

/** Creates until the API server has learnt of a webhook configuration: it reads them with a delay. */
async function untilRefused(cluster: Cluster, name: string, object: (name: string) => object): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const said = await refusal(create(cluster, object(`${name}-${attempt}`)));
    if (said !== '') return said;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return '';
}

test('a Deployment of the policy-server becomes ready once its policies are', async (cluster) => {
  await cluster.apply([NAMESPACE, GUARDED].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } })));
  await cluster.until(`/api/v1/namespaces/${GUARDED}/serviceaccounts/default`, (account) => account !== undefined);
  const server = await deployed(cluster, {
    name: 'policy-server-default',
    env: { KUBEWARDEN_LOG_LEVEL: 'debug' },
    policies: {
      'pod-privileged': { module: module('pod-privileged') },
      'add-label': { module: module('add-label'), allowedToMutate: true, settings: { label: 'team', value: 'platform' } },
    },
  });
  const widgets = { apiGroups: ['example.test'], apiVersions: ['v1'], resources: ['widgets'], operations: ['UPDATE'] };
  await cluster.apply([
    policyRegistration({ kind: 'ValidatingWebhookConfiguration', policyId: 'pod-privileged', server, guarded: GUARDED, rule: pods }),
    policyRegistration({ kind: 'MutatingWebhookConfiguration', policyId: 'add-label', server, guarded: GUARDED, rule: pods }),
    { ...policyRegistration({ kind: 'ValidatingWebhookConfiguration', policyId: 'pod-privileged', server, guarded: GUARDED, rule: widgets }), metadata: { name: 'widgets' } },
  ]);
});

test('the API server denies a privileged Pod with the message of the policy', async (cluster) => {
  const said = await untilRefused(cluster, 'privileged', (name) => pod(name, { privileged: true }));
  assert.match(said, /admission webhook \\?"pod-privileged\.example\.test\\?" denied the request: Privileged container is not allowed/);
});

test('the API server admits a good Pod, and applies the patch of a mutating policy', async (cluster) => {
  await create(cluster, pod('good'));
  const stored = await cluster.client.get<Pod & { readonly metadata: { readonly labels?: Record<string, string> } }>(`/api/v1/namespaces/${GUARDED}/pods/good`);
  assert.equal(stored.metadata.labels, { team: 'platform' });
});

test('an UPDATE of a 2.5 MiB object is evaluated', async (cluster) => {
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  await cluster.apply([
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'widgets.example.test' },
      spec: { group: 'example.test', scope: 'Namespaced', names: { plural: 'widgets', kind: 'Widget' }, versions: [{ name: 'v1', served: true, storage: true, schema }] },
    },
  ]);
  const path = `/apis/example.test/v1/namespaces/${GUARDED}/widgets`;
  interface Definition {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  }
  await cluster.until<Definition>('/apis/apiextensions.k8s.io/v1/customresourcedefinitions/widgets.example.test', (crd) => crd?.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') ?? false);
  await untilServed(cluster, path);
  const widget = { apiVersion: 'example.test/v1', kind: 'Widget', metadata: { name: 'w', namespace: GUARDED } };
  const created = await cluster.client.create<{ metadata: object }>(path, widget);
  const large = { ...widget, metadata: created.metadata, spec: { containers: [], text: 'x'.repeat(2.5 * 1024 * 1024) } };
  // Not stored: etcd takes no more than 1.5 MiB, admission comes before it.
  assert.is(await refusal(cluster.client.replace(`${path}/w?dryRun=All`, large)), '');
  const log = await serverLog(cluster, 'policy-server-default');
  assert.match(log, /operation=UPDATE kind=Widget/);
});

test('under overload the API server asks once per admission, and the failure policy decides', async (cluster) => {
  const server = await deployed(cluster, { name: 'policy-server-busy', policies: { slow: { module: slowModule(), timeoutEvalSeconds: 4 } }, env: { KUBEWARDEN_QUEUE_SIZE: '1' } });
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'busy' } }]);
  await cluster.until('/api/v1/namespaces/busy/serviceaccounts/default', (account) => account !== undefined);
  await cluster.apply([policyRegistration({ kind: 'ValidatingWebhookConfiguration', policyId: 'slow', server, guarded: 'busy', rule: { ...pods, resources: ['configmaps'] } })]);
  const map = (name: string): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace: 'busy' } });
  const asked = (name: string): Promise<string> => refusal(cluster.client.create('/api/v1/namespaces/busy/configmaps', map(name)));
  // One holds the only worker; how soon the API server knows the webhook is its own affair.
  let first = asked('first-0');
  for (let attempt = 1; attempt < 100 && (await Promise.race([first, new Promise((resolve) => setTimeout(resolve, 300, 'waiting'))])) !== 'waiting'; attempt += 1) first = asked(`first-${attempt}`);
  const second = asked('second');
  await untilWaiting(cluster, 'policy-server-busy');
  const before = await refusedRequests(cluster, 'policy-server-busy');
  const others = await Promise.all(['a', 'b', 'c'].map(asked));
  for (const said of others) assert.match(said, /failed calling webhook \\?"slow\.example\.test\\?"/);
  assert.is((await refusedRequests(cluster, 'policy-server-busy')) - before, 3, 'no admission was tried twice');
  for (const said of [await first, await second]) assert.match(said, 'exceeded the allowed execution time');
});

test('modules come from a registry with credentials and a private authority, and from a web server', async (cluster) => {
  const { hostAddress } = cluster;
  const certificates = makeCertificates(`IP:${hostAddress}`);
  await using registry = await startRegistry({ certificates, users: { puller: 'secret:word' }, address: hostAddress });
  await using plain = await startRegistry({ address: hostAddress });
  await using web = await startWebServer((request, response) => (request.url === '/policy.wasm' ? response.end(readFileSync('build/fixtures/policies/pod-privileged.wasm')) : response.writeHead(404).end()), certificates, hostAddress);
  const authorities = { [registry.host]: [{ type: 'Data', data: certificates.ca }], [web.host]: [{ type: 'Data', data: certificates.ca }] };
  const sourcesFile = JSON.stringify({ insecure_sources: [plain.host], source_authorities: authorities });
  const auth = Buffer.from('puller:secret:word').toString('base64');
  for (const { host } of [registry, plain]) await publish(`${host}/policies/pod-privileged:v1`, sourcesFile, { [registry.host]: { auth } });
  const policies = {
    'from-registry': { module: `registry://${registry.host}/policies/pod-privileged:v1` },
    'from-plain-registry': { module: `registry://${plain.host}/policies/pod-privileged:v1` },
    'from-web': { module: `${web.origin}/policy.wasm` },
  };
  const common = { files: { 'sources.yml': sourcesFile }, env: { KUBEWARDEN_SOURCES_PATH: '/config/sources.yml' } };
  const server = await deployed(cluster, { name: 'policy-server-remote', policies, dockerConfig: { auths: { [registry.host]: { auth } } }, ...common });
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'remote' } }]);
  await cluster.until('/api/v1/namespaces/remote/serviceaccounts/default', (account) => account !== undefined);
  for (const policyId of Object.keys(policies)) {
    await cluster.apply([policyRegistration({ kind: 'ValidatingWebhookConfiguration', policyId, server, guarded: 'remote', rule: pods })]);
    const privileged = (name: string): object => ({ ...pod(name, { privileged: true }), metadata: { name, namespace: 'remote' } });
    const said = await untilDenied(cluster, policyId, privileged);
    assert.match(said, new RegExp(`${policyId}.example.test.* denied the request: Privileged container is not allowed`));
    await cluster.client.delete(`/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${server.name}-${policyId}`);
  }
  await cluster.apply(
    policyServerObjects({ name: 'policy-server-denied', namespace: NAMESPACE, pem: server.pem, policies: { 'from-registry': policies['from-registry'] }, dockerConfig: { auths: { [registry.host]: { auth: Buffer.from('puller:wrong').toString('base64') } } }, ...common }),
  );
  assert.match(await terminationMessage(cluster, 'policy-server-denied'), new RegExp(`from-registry.*${registry.host}`));
});

/** Creates in the namespace of remote modules until this policy denies. */
async function untilDenied(cluster: Cluster, policyId: string, object: (name: string) => object): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const said = await refusal(create(cluster, object(`${policyId}-${attempt}`), '/api/v1/namespaces/remote/pods'));
    if (said.includes(`${policyId}.example.test`)) return said;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return '';
}

/** Waits until the API server serves a new kind: it says so a moment after the kind is established. */
async function untilServed(cluster: Cluster, path: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    if ((await refusal(cluster.client.get(path))) === '') return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`${path} is not served`);
}

/** Pushes the fixture policy with our own client. */
async function publish(reference: string, sourcesFile: string, auths: object): Promise<void> {
  const path = `${scratchFolder()}/sources.yml`;
  writeFileSync(path, sourcesFile);
  const environment: Environment = {};
  const clients = createSourceClients({ sources: await readSources(path, environment), dockerConfig: parseDockerConfig({ auths }) });
  await pushModule(clients.registry, { module: fixtureBytes('pod-privileged'), destination: parseDestination(reference), annotations: {} });
  await clients.close();
}

async function onlyPod(cluster: Cluster, app: string): Promise<Pod> {
  const path = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${app}`;
  const { items } = await cluster.until<ApiList<Pod>>(path, (list) => list?.items.length === 1);
  const [found] = items;
  if (found === undefined) throw new Error(`${app} has no Pod`);
  return found;
}

/** The log of a server's Pod. */
async function serverLog(cluster: Cluster, app: string): Promise<string> {
  const { metadata } = await onlyPod(cluster, app);
  return cluster.logs({ namespace: NAMESPACE, pod: metadata.name, container: 'policy-server' });
}

/** A server's metrics as Prometheus reads them. */
async function metrics(cluster: Cluster, app: string): Promise<string> {
  const found = (await onlyPod(cluster, app)) as Pod & { readonly status?: { readonly podIP?: string } };
  return (await fetch(`http://${found.status?.podIP ?? ''}:8080/metrics`)).text();
}

/** How many requests a server has refused for overload. */
async function refusedRequests(cluster: Cluster, app: string): Promise<number> {
  return Number(/wasmwarden_request_failures_total\{status="503"\} (\d+)/.exec(await metrics(cluster, app))?.[1] ?? 0);
}

/** Waits until an evaluation waits for the worker. */
async function untilWaiting(cluster: Cluster, app: string): Promise<void> {
  for (let attempt = 0; attempt < 100 && !(await metrics(cluster, app)).includes('wasmwarden_evaluations_waiting 1'); attempt += 1) await new Promise((resolve) => setTimeout(resolve, 50));
}

/** Why a server's container ended, as Kubernetes tells it. */
async function terminationMessage(cluster: Cluster, app: string): Promise<string> {
  interface Ended {
    readonly items: readonly { readonly status?: { readonly containerStatuses?: readonly Record<string, { readonly terminated?: { readonly message?: string } }>[] } }[];
  }
  const path = `/api/v1/namespaces/${NAMESPACE}/pods?labelSelector=app%3D${app}`;
  const messageOf = (list: Ended | undefined): string | undefined => {
    const status = list?.items[0]?.status?.containerStatuses?.[0];
    return status?.['lastState']?.terminated?.message ?? status?.['state']?.terminated?.message;
  };
  return messageOf(await cluster.until<Ended>(path, (list) => messageOf(list) !== undefined)) ?? '';
}

run();
