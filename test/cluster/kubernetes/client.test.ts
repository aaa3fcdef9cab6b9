// The client against a real API server: every operation, every refusal, every way to say who asks.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import * as assert from 'uvu/assert';

import { isFault } from '../../../lib/fault.js';
import type { JsonObject } from '../../../lib/json/json-value.js';
import type { ApiObject } from '../../../lib/kubernetes/api-object.js';
import { ClusterClient } from '../../../lib/kubernetes/client.js';
import { loadConnection } from '../../../lib/kubernetes/config.js';
import { objectPath } from '../../../lib/kubernetes/resource.js';
import { matchesLabels } from '../../../lib/kubernetes/selector.js';
import { parseSelector } from '../../../lib/kubernetes/selector-text.js';
import { steadyClock } from '../../../lib/kubernetes/steady-clock.js';
import { rejectionOf } from '../../support/rejection.js';
import { scratchFolder } from '../../support/scratch.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { configMap, configMaps, definitions, deployment, deployments, namespaces, replicaSets, secrets, serviceAccounts } from './kinds.js';

const { test, run } = await clusterSuite('cluster/kubernetes/client');

const namespace = 'default';
const [collection, address] = [{ resource: configMaps, namespace }, (name: string) => ({ resource: configMaps, namespace, name })];

let made: ClusterClient | undefined;

/** The administrator's client: the fixture's kubeconfig holds a client certificate. */
async function administrator(cluster: Cluster): Promise<ClusterClient> {
  made ??= new ClusterClient(await loadConnection({ kind: 'file', path: cluster.kubeconfig }));
  return made;
}

async function clientOf(kubeconfig: string): Promise<ClusterClient> {
  return new ClusterClient(await loadConnection({ kind: 'file', path: kubeconfig }));
}

/** Who the API server says that we are. */
async function whoIs(client: ClusterClient): Promise<string> {
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
  const review = (await client.request({ attempted: 'ask who we are', method: 'POST', path: '/apis/authentication.k8s.io/v1/selfsubjectreviews', body })) as { readonly status: { readonly userInfo: { readonly username: string } } };
  return review.status.userInfo.username;
}

test('a client certificate of a kubeconfig is shown', async (cluster) => {
  assert.is(await whoIs(await administrator(cluster)), 'admin');
});

test('objects are created, read, replaced and deleted; what was read twice cannot be replaced twice', async (cluster) => {
  const client = await administrator(cluster);
  const created = await client.create(collection, configMap('a', { x: '1' }));
  assert.equal(created['data'], { x: '1' });
  assert.is((await rejectionOf(client.create(collection, configMap('a')))).code, 'KUBERNETES_ALREADY_EXISTS');
  const read = await client.get(address('a'));
  assert.equal(read, created);
  await client.replace(address('a'), { ...read, data: { x: '2' } });
  const conflict = await rejectionOf(client.replace(address('a'), { ...read, data: { x: '3' } }));
  assert.equal([conflict.code, conflict.context['reason'], conflict.retryable], ['KUBERNETES_CONFLICT', 'Conflict', false]);
  await client.delete(address('a'));
  const missing = await rejectionOf(client.get(address('a')));
  assert.equal([missing.code, missing.message], ['KUBERNETES_NOT_FOUND', 'cannot get configmaps "a" in namespace "default": the API server answered 404 NotFound: configmaps "a" not found']);
});

test('every refusal has its code', async (cluster) => {
  const client = await administrator(cluster);
  const invalid = await rejectionOf(client.create(collection, configMap('Not A Name')));
  assert.is(invalid.code, 'KUBERNETES_INVALID');
  assert.ok(((invalid.context['details'] as JsonObject)['causes'] as JsonObject[]).some(({ field }) => field === 'metadata.name'));
  assert.is((await rejectionOf(client.create(collection, { ...configMap('a'), metadata: [] }))).code, 'KUBERNETES_BAD_REQUEST');
  assert.is((await rejectionOf(client.create(collection, { ...configMap('a'), fieldThatIsNew: 1 }, { fieldValidation: 'Strict' }))).code, 'KUBERNETES_BAD_REQUEST');
  assert.is((await rejectionOf(client.patch({ resource: namespaces, name: 'default' }, { kind: 'json', patch: [{ op: 'test', path: '/kind', value: 'x' }] }))).code, 'KUBERNETES_INVALID');
  assert.is((await rejectionOf(client.create({ resource: deployments, namespace: 'nowhere' }, deployment('a')))).code, 'KUBERNETES_NOT_FOUND');
  const stranger = await clientOf(await cluster.kubeconfigFor({ name: 'stranger', groups: [] }));
  const forbidden = await rejectionOf(stranger.list(collection));
  assert.equal([forbidden.code, /User "stranger" cannot list resource "configmaps"/.test(forbidden.message)], ['KUBERNETES_FORBIDDEN', true]);
  stranger.close();
});

test('a dry run is checked like any other write, and stores nothing', async (cluster) => {
  const client = await administrator(cluster);
  assert.is((await client.create(collection, configMap('dry', { x: '1' }), { dryRun: true })).metadata.name, 'dry');
  assert.is((await rejectionOf(client.create(collection, configMap('Not A Name'), { dryRun: true }))).code, 'KUBERNETES_INVALID');
  assert.is((await rejectionOf(client.get(address('dry')))).code, 'KUBERNETES_NOT_FOUND');
  await client.create(collection, configMap('dry', { x: '1' }));
  await client.apply(address('dry'), configMap('dry', { y: '1' }), { fieldManager: 'm', dryRun: true });
  await client.delete(address('dry'), { dryRun: true });
  assert.equal((await client.get(address('dry')))['data'], { x: '1' });
});

test('no field of a custom resource is lost, renamed or converted, and bytes keep what numbers cannot', async (cluster) => {
  const client = await administrator(cluster);
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  const definition = { apiVersion: 'apiextensions.k8s.io/v1', kind: 'CustomResourceDefinition', metadata: { name: 'things.example.test' }, spec: { group: 'example.test', scope: 'Namespaced', names: { plural: 'things', singular: 'thing', kind: 'Thing', listKind: 'ThingList' }, versions: [{ name: 'v1', served: true, storage: true, schema, subresources: { status: {} } }] } };
  assert.is((await rejectionOf(client.resources.find('example.test/v1', 'Thing'))).code, 'KUBERNETES_KIND_UNKNOWN');
  await client.create({ resource: definitions }, definition);
  await cluster.until('/apis/example.test/v1', (answer) => answer !== undefined);
  // The same client asked too recently to ask again.
  const fresh = new ClusterClient(await loadConnection({ kind: 'file', path: cluster.kubeconfig }));
  const things = await waitFor(() => fresh.resources.find('example.test/v1', 'Thing'));
  assert.equal([things.plural, things.namespaced, things.subresources], ['things', true, ['status']]);
  fresh.close();

  const thing = { resource: things, namespace, name: 'one' };
  const spec = { when: '2024-01-01T00:00:00Z', deep: { list: [null, true, { x: '' }] }, 'a/b': 1, future: {} };
  await client.create(thing, { apiVersion: 'example.test/v1', kind: 'Thing', metadata: { name: 'one' }, spec });
  assert.equal((await client.get(thing))['spec'], spec);
  await client.patch(thing, { kind: 'merge', patch: { status: { ready: true } } }, { subresource: 'status' });
  assert.equal([(await client.get(thing, { subresource: 'status' }))['status'], (await client.get(thing))['spec']], [{ ready: true }, spec]);

  // Written as text: our own numbers could not hold it.
  const path = `/apis/example.test/v1/namespaces/${namespace}/things`;
  await cluster.kubectl(['create', '--raw', path, '-f', '-'], { input: '{"apiVersion":"example.test/v1","kind":"Thing","metadata":{"name":"big"},"spec":{"big":9007199254740993}}' });
  const big = { resource: things, namespace, name: 'big' };
  assert.equal((await client.get(big))['spec'], { big: 9007199254740992 });
  assert.match(new TextDecoder().decode(await client.requestBytes({ attempted: 'get', method: 'GET', path: objectPath(big) })), /"big":9007199254740993/);
});

test('each form of patch does what it says', async (cluster) => {
  const client = await administrator(cluster);
  const target = { resource: deployments, namespace, name: 'patched' };
  await client.create(target, deployment('patched'));
  const image = (object: ApiObject): unknown => ((((object['spec'] as JsonObject)['template'] as JsonObject)['spec'] as JsonObject)['containers'] as JsonObject[]).map((container) => [container['name'], container['image']]);
  const containers = [{ name: 'second', image: 'b' }];
  const strategic = await client.patch(target, { kind: 'strategic', patch: { spec: { template: { spec: { containers } } } } });
  assert.equal(image(strategic), [['second', 'b'], ['main', 'example.test/none:v1']]);
  const merged = await client.patch(target, { kind: 'merge', patch: { spec: { template: { spec: { containers } } }, metadata: { labels: { x: 'y' } } } });
  assert.equal([image(merged), merged.metadata.labels], [[['second', 'b']], { x: 'y' }]);
  const operations = [{ op: 'test', path: '/metadata/labels/x', value: 'y' }, { op: 'remove', path: '/metadata/labels/x' }];
  assert.is((await client.patch(target, { kind: 'json', patch: operations })).metadata.labels, undefined);
  const scaled = await client.patch(target, { kind: 'merge', patch: { spec: { replicas: 0 } } }, { subresource: 'scale' });
  assert.equal([scaled.kind, scaled['spec']], ['Scale', {}]);
});

test('server-side apply owns what it names: conflicts, taking over, giving up, the status apart', async (cluster) => {
  const client = await administrator(cluster);
  const apply = (data: Readonly<Record<string, string>>, fieldManager: string, force = false): Promise<ApiObject> => client.apply(address('applied'), configMap('applied', data), { fieldManager, force });
  await apply({ a: '1', b: '1' }, 'first');
  assert.equal((await apply({ c: '1' }, 'second'))['data'], { a: '1', b: '1', c: '1' });
  const conflict = await rejectionOf(apply({ a: '2' }, 'second'));
  assert.is(conflict.code, 'KUBERNETES_CONFLICT');
  assert.match(conflict.message, /Apply failed with 1 conflict: conflict with "first": \.data\.a/);
  assert.equal((await apply({ a: '2' }, 'second', true))['data'], { a: '2', b: '1' });
  const owners = (await client.get(address('applied'))).metadata.managedFields ?? [];
  assert.equal(owners.map(({ manager, operation }) => `${manager} ${operation}`).sort(), ['first Apply', 'second Apply']);
  assert.equal((await apply({}, 'first'))['data'], { a: '2' });
  const target = { resource: deployments, namespace, name: 'applied' };
  await client.apply(target, deployment('applied'), { fieldManager: 'first' });
  const { kind, apiVersion } = { kind: 'Deployment', apiVersion: 'apps/v1' };
  const conditions = [{ type: 'Ours', status: 'True' }];
  const status = await client.apply(target, { kind, apiVersion, metadata: { name: 'applied' }, status: { conditions } }, { fieldManager: 'first', subresource: 'status' });
  assert.ok(((status['status'] as JsonObject)['conditions'] as JsonObject[]).some(({ type }) => type === 'Ours'));
});

test('a deletion happens only to the object that was meant', async (cluster) => {
  const client = await administrator(cluster);
  const first = await client.create(collection, configMap('meant'));
  const changed = await client.patch(address('meant'), { kind: 'merge', patch: { data: { x: '1' } } });
  for (const preconditions of [{ uid: 'another' }, { resourceVersion: first.metadata.resourceVersion }]) {
    assert.is((await rejectionOf(client.delete(address('meant'), { preconditions }))).code, 'KUBERNETES_CONFLICT');
  }
  await client.delete(address('meant'), { preconditions: { uid: first.metadata.uid, resourceVersion: changed.metadata.resourceVersion } });
  assert.is((await rejectionOf(client.get(address('meant')))).code, 'KUBERNETES_NOT_FOUND');
});

test('what an object owns is orphaned, or deleted first, as the deletion says', async (cluster) => {
  const client = await administrator(cluster);
  for (const [name, propagationPolicy] of [['orphaning', 'Orphan'], ['foreground', 'Foreground']] as const) {
    const target = { resource: deployments, namespace, name };
    await client.create(target, deployment(name));
    const owned = (): Promise<readonly ApiObject[]> => client.list({ resource: replicaSets, namespace }, { labelSelector: `app=${name}` }).then(({ items }) => items);
    await waitFor(async () => ((await owned()).length === 1 ? true : undefined));
    await client.delete(target, { propagationPolicy });
    await waitFor(async () => ((await client.get(target).catch(codeOf)) === 'KUBERNETES_NOT_FOUND' ? true : undefined));
    const left = await owned();
    assert.equal(left.map(({ metadata }) => metadata.ownerReferences), propagationPolicy === 'Orphan' ? [undefined] : []);
  }
});

test('an object of a mebibyte goes there and back; a request beyond the API server\'s limit is too large', async (cluster) => {
  const client = await administrator(cluster);
  const data = { text: '☃'.repeat(349_525) };
  assert.is(Buffer.byteLength(data.text), 1024 * 1024 - 1);
  await client.create(collection, configMap('large', data));
  assert.equal((await client.get(address('large')))['data'], data);
  const { items } = await client.list(collection, { fieldSelector: 'metadata.name=large' });
  assert.equal(items.map((item) => item['data']), [data]);
  const fault = await rejectionOf(client.create(collection, configMap('larger', { text: 'x'.repeat(4 * 1024 * 1024) })));
  assert.is(fault.code, 'KUBERNETES_TOO_LARGE');
  const frugal = new ClusterClient(await loadConnection({ kind: 'file', path: cluster.kubeconfig }), { maxAnswerBytes: 100_000 });
  assert.is((await rejectionOf(frugal.get(address('large')))).code, 'KUBERNETES_ANSWER_TOO_LARGE');
  assert.ok((await frugal.list(collection, { labelSelector: 'no=body' })).items.length === 0);
  frugal.close();
  await client.delete(address('large'));
});

test('selectors are read, and select, as the API server does it', async (cluster) => {
  const client = await administrator(cluster);
  const labels: readonly Readonly<Record<string, string>>[] = [{}, { a: '' }, { a: 'b' }, { a: 'c' }, { a: '5' }, { a: '07' }, { 'example.com/a': 'b' }, { in: 'notin' }];
  for (const [index, given] of labels.entries()) await client.create(collection, configMap(`selected-${index}`, {}, { labels: { ...given, suite: 'selectors' } }));
  const texts = ['', 'a', '!a', 'a=', 'a=b', 'a==b', 'a!=b', 'a!=', 'a in (b,c)', 'a notin (b,c)', 'a in ()', 'a in (b,)', 'a>4', 'a<0', 'a<8', 'a>06', 'example.com/a=b', 'in in (notin,in)', ' a , !b ', 'a,a=b'];
  for (const text of texts) {
    const { items } = await client.list(collection, { labelSelector: text === '' ? 'suite=selectors' : `${text},suite=selectors` });
    const own = labels.flatMap((given, index) => (matchesLabels(parseSelector(text), given) ? [`selected-${index}`] : []));
    assert.equal(items.map(({ metadata }) => metadata.name).sort(), own, text);
  }
  for (const text of [',', 'a,', '=a', 'a b', 'a in b', 'a in (b', 'a===b', 'a>b', 'a=b)', 'a=b@c', '!', 'a>+4', 'a<-6', 'a>9223372036854775808', 'x'.repeat(64), 'a in (b c)']) {
    assert.is((await rejectionOf(client.list(collection, { labelSelector: text }))).code, 'KUBERNETES_BAD_REQUEST', text);
    assert.is(await Promise.resolve().then(() => parseSelector(text)).then(() => 'read', codeOf), 'KUBERNETES_SELECTOR_INVALID', text);
  }
});

test('everything that is served is found, with scope, verbs and subresources', async (cluster) => {
  const client = await administrator(cluster);
  const { resources, stale } = await client.resources.all();
  assert.equal(stale, []);
  const found = (group: string, plural: string): object => {
    const resource = resources.find((other) => other.group === group && other.plural === plural);
    return { kind: resource?.kind, version: resource?.version, namespaced: resource?.namespaced, scale: resource?.subresources.includes('scale'), list: resource?.verbs.includes('list') };
  };
  assert.equal(found('', 'namespaces'), { kind: 'Namespace', version: 'v1', namespaced: false, scale: false, list: true });
  assert.equal(found('apps', 'deployments'), { kind: 'Deployment', version: 'v1', namespaced: true, scale: true, list: true });
  assert.equal(found('authorization.k8s.io', 'selfsubjectaccessreviews'), { kind: 'SelfSubjectAccessReview', version: 'v1', namespaced: false, scale: false, list: false });
  // The older documents say the same.
  const one = await client.resources.find('apps/v1', 'Deployment');
  const all = resources.find(({ group, plural, version }) => group === 'apps' && plural === 'deployments' && version === 'v1');
  assert.equal({ ...one, subresources: [...one.subresources].sort() }, { ...all, subresources: [...(all?.subresources ?? [])].sort() });
});

test('an exec plugin says who asks: with a certificate, or with a token', async (cluster) => {
  const folder = scratchFolder();
  const given = JSON.parse(readFileSync(await cluster.kubeconfigFor({ name: 'by-plugin', groups: ['system:masters'] }), 'utf8')) as { users: { user: Record<string, string> }[] } & JsonObject;
  const pem = (field: string): string => Buffer.from(given.users[0]?.user[field] ?? '', 'base64').toString();
  const certificate = { clientCertificateData: pem('client-certificate-data'), clientKeyData: pem('client-key-data') };
  const token = { token: await tokenFor(await administrator(cluster), 'default') };
  for (const [status, who] of [[certificate, 'by-plugin'], [token, 'system:serviceaccount:default:default']] as const) {
    const answer = join(folder, 'answer.json');
    writeFileSync(answer, JSON.stringify({ apiVersion: 'client.authentication.k8s.io/v1', kind: 'ExecCredential', status }));
    const kubeconfig = join(folder, 'config');
    writeFileSync(kubeconfig, JSON.stringify({ ...given, users: [{ name: 'test', user: { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'cat', args: [answer] } } }] }));
    const client = await clientOf(kubeconfig);
    assert.is(await whoIs(client), who);
    client.close();
  }
});

test('the token of a service account is read again from its file when the API server refuses the old one', async (cluster) => {
  const client = await administrator(cluster);
  await client.create({ resource: serviceAccounts, namespace }, { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'rotating' } });
  const binding = await client.create({ resource: secrets, namespace }, { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'binding' } });
  const root = scratchFolder();
  const folder = join(root, 'var/run/secrets/kubernetes.io/serviceaccount');
  mkdirSync(folder, { recursive: true });
  const { server, tls } = await (await loadConnection({ kind: 'file', path: cluster.kubeconfig })).current();
  writeFileSync(join(folder, 'ca.crt'), tls.ca ?? '');
  writeFileSync(join(folder, 'token'), await tokenFor(client, 'rotating', { apiVersion: 'v1', kind: 'Secret', name: 'binding', uid: binding.metadata.uid }));
  Object.assign(process.env, { KUBERNETES_SERVICE_HOST: server.hostname, KUBERNETES_SERVICE_PORT: server.port });
  // The clock of renewals alone runs ahead, so that the test need not wait for them.
  let aheadMs = 0;
  const pod = new ClusterClient(await loadConnection({ kind: 'in-cluster', root }, () => steadyClock.steadyMs() + aheadMs));
  assert.is(await whoIs(pod), 'system:serviceaccount:default:rotating');
  await client.delete({ resource: secrets, namespace, name: 'binding' });
  // The API server remembers good tokens for some seconds.
  await waitFor(async () => ((await whoIs(pod).catch(codeOf)) === 'KUBERNETES_UNAUTHORIZED' ? true : undefined));
  writeFileSync(join(folder, 'token'), await tokenFor(client, 'rotating'));
  aheadMs = 10_000;
  assert.is(await whoIs(pod), 'system:serviceaccount:default:rotating');
  pod.close();
});

test('a server with another authority is not trusted, and one that is away is unreachable', async (cluster) => {
  const folder = scratchFolder();
  const given = JSON.parse(readFileSync(cluster.kubeconfig, 'utf8')) as JsonObject;
  const server = ((given['clusters'] as JsonObject[])[0]?.['cluster'] as JsonObject)['server'];
  for (const [changed, code] of [[{ server }, 'KUBERNETES_UNTRUSTED'], [{ server: 'https://127.0.0.1:1' }, 'KUBERNETES_UNREACHABLE']] as const) {
    const path = join(folder, 'config');
    writeFileSync(path, JSON.stringify({ ...given, clusters: [{ name: 'test', cluster: changed }] }));
    const client = await clientOf(path);
    assert.is((await rejectionOf(client.list(collection))).code, code);
    client.close();
  }
  made?.close();
});

/** A token of a ServiceAccount, valid as long as the object that it is bound to. */
async function tokenFor(client: ClusterClient, name: string, boundObjectRef?: object): Promise<string> {
  const path = objectPath({ resource: serviceAccounts, namespace, name }, 'token');
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { boundObjectRef } };
  const answer = (await client.request({ attempted: 'ask for a token', method: 'POST', path, body })) as { readonly status: { readonly token: string } };
  return answer.status.token;
}

function codeOf(error: unknown): string {
  return isFault(error) ? (error).code : String(error);
}

/** Asks until there is an answer; a fault counts as none. */
async function waitFor<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  const deadline = Date.now() + 120_000;
  for (;;) {
    const answer = await ask().catch((error: unknown) => {
      if (Date.now() > deadline || !isFault(error)) throw error;
      return undefined;
    });
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('what was waited for did not come');
    await delay(200);
  }
}

run();
