// Every way in which the API server asks a webhook, through configurations that the controller wrote: operations, subresources, dry run,
// generated names, custom resources, selectors, conditions, and what happens while the policy-server is away. The policies of this file
// deny whatever reaches them and tell what that was, so a user of kubectl reads what the policy was asked.

import * as assert from 'uvu/assert';

import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, images, install, pod, policyServer, pullSecretObject, refusal, rolledOut, sources, startPolicyRegistry, type PolicyRegistry } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/controller/admission-surface', { images });

/** The namespace that the policies look at. */
const watched = 'watched';

/** A namespace without the label that they ask for. */
const elsewhere = 'elsewhere';

let registry: PolicyRegistry | undefined;

interface Rule {
  readonly apiGroups?: readonly string[];
  readonly resources: readonly string[];
  readonly operations: readonly string[];
}

const rules = ({ apiGroups = [''], ...rule }: Rule): readonly object[] => [{ apiGroups, apiVersions: ['v1'], ...rule }];

/** What each policy of this file judges, and how. */
const judged: Readonly<Record<string, { readonly rule: Rule; readonly spec?: object }>> = {
  'creation': { rule: { resources: ['configmaps'], operations: ['CREATE'] } },
  'change': { rule: { resources: ['secrets'], operations: ['UPDATE'] } },
  'deletion': { rule: { resources: ['serviceaccounts'], operations: ['DELETE'] } },
  'exec': { rule: { resources: ['pods/exec'], operations: ['CONNECT'] } },
  'ephemeral-containers': { rule: { resources: ['pods/ephemeralcontainers'], operations: ['UPDATE'] } },
  'scale': { rule: { apiGroups: ['apps'], resources: ['deployments/scale'], operations: ['UPDATE'] } },
  'custom': { rule: { apiGroups: ['example.test'], resources: ['gadgets'], operations: ['CREATE'] } },
  'selected': { rule: { resources: ['services'], operations: ['CREATE'] }, spec: { objectSelector: { matchLabels: { judged: 'true' } } } },
  'conditional': { rule: { resources: ['podtemplates'], operations: ['CREATE'] }, spec: { matchConditions: [{ name: 'only-big', expression: 'object.metadata.name.startsWith("big-")' }] } },
  'fails-closed': { rule: { resources: ['limitranges'], operations: ['CREATE'] }, spec: { policyServer: 'fragile', failurePolicy: 'Fail' } },
  'fails-open': { rule: { resources: ['resourcequotas'], operations: ['CREATE'] }, spec: { policyServer: 'fragile', failurePolicy: 'Ignore' } },
};

const gadgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gadgets.example.test' },
  spec: {
    group: 'example.test',
    names: { kind: 'Gadget', plural: 'gadgets' },
    scope: 'Namespaced',
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { 'type': 'object', 'x-kubernetes-preserve-unknown-fields': true } } }],
  },
};

const object = (kind: string, name: string, fields: object = {}, home = watched): object => ({ apiVersion: 'v1', kind, metadata: { name, namespace: home }, ...fields });
const service = (name: string, labels: Readonly<Record<string, string>>): object => ({ apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: watched, labels }, spec: { ports: [{ port: 80 }] } });
const template = (name: string): object => object('PodTemplate', name, { template: { spec: { containers: [{ name: 'main', image: 'example.test/main:v1' }] } } });

/** What kubectl tells when a command is refused; undefined when it is not. */
async function told(cluster: Cluster, ...words: readonly string[]): Promise<string | undefined> {
  return cluster.kubectl(['-n', watched, ...words]).then(() => undefined, String);
}

/** That a policy denied something, and what it says that it was asked. */
function assertWitnessed(answer: string | undefined, policy: string, asked: string): void {
  const expected = `admission webhook "clusterwide-${policy}.kubewarden.admission" denied the request: witnessed ${asked}`;
  assert.ok(answer?.includes(expected) === true, `expected: ${expected}\nfound: ${answer ?? 'admitted'}`);
}

test('eleven policies on two servers are enforced', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry), gadgets, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: watched, labels: { watched: 'true' } } }, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: elsewhere } }]);
  for (const home of [watched, elsewhere]) await cluster.until(`/api/v1/namespaces/${home}/serviceaccounts/default`, (account) => account !== undefined);
  await cluster.apply([
    object('Secret', 'kept'),
    object('ServiceAccount', 'kept'),
    pod('kept', { home: watched }),
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'kept', namespace: watched }, spec: { replicas: 0, selector: { matchLabels: { app: 'kept' } }, template: { metadata: { labels: { app: 'kept' } }, spec: { containers: [{ name: 'main', image: 'example.test/main:v1' }] } } } },
    policyServer('default', sources(registry)),
    policyServer('fragile', sources(registry)),
  ]);
  const namespaceSelector = { matchLabels: { watched: 'true' } };
  const module = registry.moduleOf('witness');
  await cluster.apply(Object.entries(judged).map(([name, { rule, spec }]) => clusterPolicy(name, { module, rules: rules(rule), namespaceSelector, ...spec })));
  for (const name of Object.keys(judged)) await enforced(cluster, name);
});

test('CREATE: the policy sees the object and no old one', async (cluster) => {
  assertWitnessed(await refusal(cluster, object('ConfigMap', 'new')), 'creation', 'CREATE configmaps, name new, object ConfigMap new, oldObject none, dryRun false');
});

test('a dry run is judged, and told apart', async (cluster) => {
  assertWitnessed(await refusal(cluster, object('ConfigMap', 'tried'), ['--dry-run=server']), 'creation', 'CREATE configmaps, name tried, object ConfigMap tried, oldObject none, dryRun true');
});

test('an object whose name is generated is judged', async (cluster) => {
  const answer = await refusal(cluster, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'some-', namespace: watched } });
  assert.match(answer ?? 'admitted', /clusterwide-creation\.kubewarden\.admission" denied the request: witnessed CREATE configmaps, name \S+, object ConfigMap \S+, oldObject none/);
});

test('a namespace that the selector does not choose is left alone', async (cluster) => {
  assert.is(await refusal(cluster, object('ConfigMap', 'new', {}, elsewhere)), undefined);
});

test('UPDATE: the policy sees both objects', async (cluster) => {
  assertWitnessed(await told(cluster, 'label', 'secret', 'kept', 'a=b'), 'change', 'UPDATE secrets, name kept, object Secret kept, oldObject Secret, dryRun false');
});

test('DELETE: the policy sees the old object alone, and the object stays', async (cluster) => {
  assertWitnessed(await told(cluster, 'delete', 'serviceaccount', 'kept'), 'deletion', 'DELETE serviceaccounts, name kept, object none -, oldObject ServiceAccount, dryRun false');
  assert.ok(await cluster.read(`/api/v1/namespaces/${watched}/serviceaccounts/kept`));
});

test('CONNECT pods/exec: nobody gets a shell that a policy denies', async (cluster) => {
  const answer = await cluster.client.create(`/api/v1/namespaces/${watched}/pods/kept/exec?command=true&container=main`, {}).then(() => undefined, String);
  assertWitnessed(answer, 'exec', 'CONNECT pods/exec, name kept, object PodExecOptions -, oldObject none, dryRun false');
  assertWitnessed(await told(cluster, 'exec', 'kept', '--', 'true'), 'exec', 'CONNECT pods/exec');
});

test('the subresource scale is judged as what it is', async (cluster) => {
  assertWitnessed(await told(cluster, 'scale', 'deployment/kept', '--replicas=1'), 'scale', 'UPDATE deployments/scale, name kept, object Scale kept, oldObject Scale, dryRun false');
});

test('the subresource ephemeralcontainers is judged as a change of the Pod', async (cluster) => {
  assertWitnessed(await told(cluster, 'debug', 'kept', '--image=example.test/debug:v1', '--profile=general'), 'ephemeral-containers', 'UPDATE pods/ephemeralcontainers, name kept, object Pod kept, oldObject Pod, dryRun false');
});

test('a custom resource is judged', async (cluster) => {
  const gadget = { apiVersion: 'example.test/v1', kind: 'Gadget', metadata: { name: 'new', namespace: watched } };
  assertWitnessed(await refusal(cluster, gadget), 'custom', 'CREATE gadgets, name new, object Gadget new, oldObject none, dryRun false');
});

test('an object selector chooses by labels', async (cluster) => {
  assertWitnessed(await refusal(cluster, service('chosen', { judged: 'true' })), 'selected', 'CREATE services, name chosen');
  assert.is(await refusal(cluster, service('other', {})), undefined);
});

test('match conditions choose by expression', async (cluster) => {
  assertWitnessed(await refusal(cluster, template('big-one')), 'conditional', 'CREATE podtemplates, name big-one');
  assert.is(await refusal(cluster, template('small-one')), undefined);
});

test('while the server is away, failurePolicy Fail refuses and Ignore admits', async (cluster) => {
  const [limits, quota] = [object('LimitRange', 'new'), object('ResourceQuota', 'new')];
  assertWitnessed(await refusal(cluster, limits), 'fails-closed', 'CREATE limitranges');
  assertWitnessed(await refusal(cluster, quota), 'fails-open', 'CREATE resourcequotas');
  await cluster.kubectl(['patch', 'ps', 'fragile', '--type=merge', '-p', '{"spec":{"replicas":0}}']);
  await cluster.untilEndpoints({ namespace: 'kubewarden', service: 'policy-server-fragile', ready: 0 });
  assert.match((await refusal(cluster, limits)) ?? 'admitted', /failed calling webhook "clusterwide-fails-closed\.kubewarden\.admission"/);
  assert.is(await refusal(cluster, quota), undefined);
});

test('when the server is back, it is asked again', async (cluster) => {
  await cluster.kubectl(['patch', 'ps', 'fragile', '--type=merge', '-p', '{"spec":{"replicas":1}}']);
  await rolledOut(cluster, 'policy-server-fragile');
  await cluster.untilEndpoints({ namespace: 'kubewarden', service: 'policy-server-fragile', ready: 1 });
  assertWitnessed(await refusal(cluster, object('LimitRange', 'new')), 'fails-closed', 'CREATE limitranges');
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
