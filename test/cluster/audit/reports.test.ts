// What is in a report, field by field, against the objects and policies it is about and against what the policy-server says when
// it is asked by hand; which objects have one; both formats; and that nothing of a Secret is in any.

import { Agent, request } from 'undici';
import * as assert from 'uvu/assert';

import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, namespacedPolicy, pod, podsOf, policyPath, startPolicyRegistry, type PolicyObject, type PolicyRegistry } from '../controller/bench.js';
import { endOfScan, images, installWith, outcomesOf, type ReportObject, reportsIn, rulesFor, scan, type ScanRun, startScan } from './bench.js';

const { test, after, run } = await clusterSuite('cluster/audit/reports', { images });

let registry: PolicyRegistry | undefined;
let last: ScanRun | undefined;

const planted = 'hunter2-the-planted-password';
const encoded = Buffer.from(planted).toString('base64');

const annotated = (object: object, annotations: Readonly<Record<string, string>>): object => {
  const { metadata } = object as { readonly metadata: object };
  return { ...object, metadata: { ...metadata, annotations } };
};

const saying = (answer: object): object => ({ module: registry?.moduleOf('scripted'), settings: { answer } });
const accepting = (): object => saying({ accepted: true });

/** Everything that is audited here. */
function policies(): readonly object[] {
  const privileged = { module: registry?.moduleOf('pod-privileged') };
  return [
    annotated(clusterPolicy('privileged', { ...privileged, timeoutSeconds: 7 }), { 'io.kubewarden.policy.severity': 'high', 'io.kubewarden.policy.category': 'PSP' }),
    annotated(clusterPolicy('watching', { ...privileged, mode: 'monitor' }), { 'io.kubewarden.policy.severity': 'critical' }),
    annotated(clusterPolicy('odd-severity', privileged), { 'io.kubewarden.policy.severity': 'dreadful' }),
    clusterPolicy('labelled', { module: registry?.moduleOf('add-label'), mutating: true, settings: { label: 'team', value: 'blue' } }),
    clusterPolicy('unlabelled-only', { ...privileged, objectSelector: { matchExpressions: [{ key: 'skip', operator: 'DoesNotExist' }] } }),
    clusterPolicy('elsewhere', { ...privileged, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } } }),
    clusterPolicy('not-audited', { ...privileged, backgroundAudit: false }),
    clusterPolicy('conditional', { ...privileged, matchConditions: [{ name: 'never', expression: 'false' }] }),
    clusterPolicy('updates', { ...privileged, rules: rulesFor('', 'pods', { operations: ['UPDATE'] }) }),
    clusterPolicy('partly-unknown', { ...privileged, rules: [{ apiGroups: ['', 'apps'], apiVersions: ['v1'], resources: ['pods', 'deployments'], operations: ['*'] }] }),
    clusterPolicy('tidy-names', { ...saying({ accepted: false, message: 'this Namespace is not welcome' }), rules: rulesFor('', 'namespaces'), namespaceSelector: { matchLabels: { audited: 'yes' } }, mode: 'monitor' }),
    clusterPolicy('secretive', { ...saying({ accepted: false, message: `found ${planted} in it` }), rules: rulesFor('', 'secrets'), namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'vault' } }, mode: 'monitor' }),
    clusterPolicy('encoded', { ...saying({ accepted: false, message: `found ${encoded} in it` }), rules: rulesFor('', 'secrets'), namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'vault' } }, mode: 'monitor' }),
    clusterPolicy('everything', { ...accepting(), failurePolicy: 'Ignore', rules: rulesFor('*', '*', { apiVersions: ['*'], operations: ['*'] }), namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'wild' } } }),
    namespacedPolicy('team', 'own', privileged),
  ];
}

/** A value that must be there. */
function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error('it is not there');
  return value;
}

const uidOf = async (cluster: Cluster, path: string): Promise<string> => (await cluster.client.get<ApiObject>(path)).metadata.uid;

test('a cluster with policies of every sort is scanned', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await installWith(cluster, registry, ['team', 'elsewhere', 'vault', 'wild', 'left-out']);
  await cluster.kubectl(['label', 'namespace', 'team', 'audited=yes']);
  // Before there are policies that would deny it.
  await cluster.apply([
    pod('bad', { privileged: true, home: 'team' }),
    pod('good', { home: 'team' }),
    pod('labelled-skip', { privileged: true, home: 'team', labels: { skip: 'me' } }),
    pod('bad', { privileged: true, home: 'elsewhere' }),
    pod('bad', { privileged: true, home: 'left-out' }),
    { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'planted', namespace: 'vault', labels: { audited: 'yes' } }, data: { password: encoded } },
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'plain', namespace: 'wild' }, data: { a: 'b' } },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'secret-reader' }, rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list'] }] },
    { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding', metadata: { name: 'secret-reader' }, roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'secret-reader' }, subjects: [{ kind: 'ServiceAccount', name: 'audit-scanner', namespace: 'kubewarden' }] },
  ]);
  await cluster.apply(policies());
  for (const policy of policies() as readonly { readonly metadata: { readonly name: string; readonly namespace?: string } }[]) await enforced(cluster, policy.metadata.name, policy.metadata.namespace);
  last = await scan(cluster, ['--ignore-namespaces=left-out', '--output-scan', '--loglevel=debug']);
});

test('a report has the fields of the contract, and no others', async (cluster) => {
  const report = present((await reportsIn(cluster, 'team')).get('Pod/bad'));
  const object = await cluster.client.get<ApiObject>('/api/v1/namespaces/team/pods/bad');
  const { uid, resourceVersion } = object.metadata;
  assert.equal(report.metadata.name, uid);
  const { managedFields, creationTimestamp, generation, resourceVersion: ownVersion, uid: ownUid, ...metadata } = (report.metadata) as unknown as Readonly<Record<string, unknown>>;
  assert.ok([managedFields, creationTimestamp, generation, ownVersion, ownUid].every((value) => value !== undefined));
  const runUid = last?.lines.find(({ message }) => message === 'scan finished')?.['runUid'];
  assert.match(String(runUid), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  assert.equal(metadata, {
    name: uid,
    namespace: 'team',
    labels: { 'app.kubernetes.io/managed-by': 'kubewarden', 'kubewarden.io/policyreport-version': 'v2', 'kubewarden.io/audit-scanner-run-uid': runUid },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'bad', uid }],
  });
  assert.equal(report.scope, { apiVersion: 'v1', kind: 'Pod', namespace: 'team', name: 'bad', uid, resourceVersion });
  assert.equal([report.apiVersion, report.kind, report.source], ['openreports.io/v1alpha1', 'Report', '']);
  assert.equal(Object.keys(report).sort(), ['apiVersion', 'kind', 'metadata', 'results', 'scope', 'source', 'summary']);
});

test('its summary counts evaluations, and the policies of the scan that were not asked', async (cluster) => {
  const report = (await reportsIn(cluster, 'team')).get('Pod/bad');
  // Denied by six, not by the one that mutates; not asked: not-audited, conditional, updates.
  assert.equal(report?.summary, { pass: 1, fail: 6, warn: 0, error: 0, skip: 3 });
});

test('each result has the fields of the contract', async (cluster) => {
  const report = (await reportsIn(cluster, 'team')).get('Pod/bad');
  const now = Date.now() / 1000;
  const policy = await cluster.client.get<PolicyObject>(policyPath('privileged'));
  const { timestamp, properties, ...result } = present(report?.results.find((entry) => entry.policy === 'clusterwide-privileged'));
  assert.ok(timestamp.nanos === 0 && Number.isInteger(timestamp.seconds) && timestamp.seconds <= now && timestamp.seconds > now - 600);
  assert.equal(result, { source: 'kubewarden', policy: 'clusterwide-privileged', category: 'PSP', severity: 'high', result: 'fail', scored: true, resourceSelector: {}, message: 'Privileged container is not allowed' });
  assert.equal({ ...properties, 'policy-resource-version': '' }, { 'validating': 'true', 'policy-resource-version': '', 'policy-uid': policy.metadata.uid, 'policy-name': 'privileged' });
  const entryOf = (id: string): ReportObject['results'][number] => present(report?.results.find((entry) => entry.policy === id));
  assert.is(entryOf('clusterwide-watching').severity, 'info');
  assert.is(entryOf('clusterwide-odd-severity').severity, undefined);
  assert.is(entryOf('clusterwide-labelled').properties['mutating'], 'true');
  assert.equal([entryOf('namespaced-team-own').properties['policy-namespace'], entryOf('namespaced-team-own').properties['policy-name']], ['team', 'own']);
});

test('what a policy says in a report is what the policy-server says when it is asked by hand', async (cluster) => {
  // A Pod of a rollout before may still be on its way out.
  const pods = (await podsOf(cluster, 'default')) as readonly (ApiObject & { readonly status: { readonly podIP: string } })[];
  const server = pods.find(({ metadata }) => metadata.deletionTimestamp === undefined);
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false } });
  for (const name of ['bad', 'good', 'labelled-skip']) {
    const report = (await reportsIn(cluster, 'team')).get(`Pod/${name}`);
    const object = await cluster.client.get<ApiObject>(`/api/v1/namespaces/team/pods/${name}`);
    const kind = { group: '', version: 'v1', kind: 'Pod' };
    const review = { request: { uid: object.metadata.uid, kind, resource: { group: '', version: 'v1', resource: 'pods' }, requestKind: kind, name, namespace: 'team', operation: 'CREATE', userInfo: {}, object, oldObject: null, options: null } };
    for (const { policy, result, message } of report?.results.filter((entry) => entry.result !== 'skip') ?? []) {
      const answer = await request(`https://${server?.status.podIP ?? ''}:8443/audit/${policy}`, { dispatcher, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(review) });
      const { response } = (await answer.body.json()) as { readonly response: { readonly allowed: boolean; readonly status?: { readonly message?: string } } };
      assert.equal([policy, result, message], [policy, response.allowed ? 'pass' : 'fail', response.status?.message]);
    }
  }
  await dispatcher.close();
});

test('a combination that the API server does not serve is left out, and said once', async (cluster) => {
  const said = last?.lines.filter(({ policy, resources }) => policy === 'clusterwide-partly-unknown' && resources !== undefined);
  assert.equal(said?.map(({ resources }) => resources), [['deployments of v1', 'pods of apps/v1']]);
  assert.is(outcomesOf((await reportsIn(cluster, 'team')).get('Pod/good'))?.['clusterwide-partly-unknown'], 'pass');
});

test('selectors decide who is asked, and who is not asked and why is among the results', async (cluster) => {
  const team = await reportsIn(cluster, 'team');
  assert.equal(outcomesOf(team.get('Pod/good')), {
    'clusterwide-conditional': 'skip',
    'clusterwide-labelled': 'pass',
    'clusterwide-not-audited': 'skip',
    'clusterwide-odd-severity': 'pass',
    'clusterwide-partly-unknown': 'pass',
    'clusterwide-privileged': 'pass',
    'clusterwide-unlabelled-only': 'pass',
    'clusterwide-watching': 'pass',
    'namespaced-team-own': 'pass',
  });
  assert.is(outcomesOf(team.get('Pod/labelled-skip'))?.['clusterwide-unlabelled-only'], undefined);
  assert.is(team.get('Pod/bad')?.results.find(({ policy }) => policy === 'clusterwide-not-audited')?.message, 'the policy was not asked: its field backgroundAudit is false');
  const elsewhere = outcomesOf((await reportsIn(cluster, 'elsewhere')).get('Pod/bad'));
  assert.equal([elsewhere?.['clusterwide-elsewhere'], elsewhere?.['namespaced-team-own']], ['fail', undefined]);
  assert.is((await reportsIn(cluster, 'left-out')).size, 0);
  const reasons = Object.fromEntries((last?.lines ?? []).filter(({ message }) => message === 'policy skipped').map(({ policy, reason }) => [String(policy), reason])) as unknown;
  assert.equal(reasons, {
    'clusterwide-not-audited': 'its field backgroundAudit is false',
    'clusterwide-conditional': 'it has matchConditions, which the audit does not evaluate',
    'clusterwide-updates': 'none of its rules is about the operation CREATE',
  });
});

test('a Namespace is matched by its own labels', async (cluster) => {
  const reports = await reportsIn(cluster, undefined);
  const about = [...reports].filter(([, { results }]) => results.some(({ policy }) => policy === 'clusterwide-tidy-names')).map(([key]) => key);
  assert.equal(about, ['Namespace/team']);
  const report = reports.get('Namespace/team');
  const uid = await uidOf(cluster, '/api/v1/namespaces/team');
  assert.equal([report?.kind, report?.metadata.name, report?.metadata.namespace, report?.scope['namespace']], ['ClusterReport', uid, undefined, undefined]);
});

test('wildcards mean every resource that is served and stored, in cluster scope too, but for reports and heartbeats', async (cluster) => {
  const wild = await reportsIn(cluster, 'wild');
  assert.equal([...wild.keys()].sort(), ['ConfigMap/kube-root-ca.crt', 'ConfigMap/plain', 'ServiceAccount/default']);
  const kinds = new Set([...(await reportsIn(cluster, undefined)).keys()].map((key) => key.split('/')[0]));
  assert.not.ok(['Report', 'ClusterReport', 'ValidatingWebhookConfiguration', 'Event', 'Lease'].some((kind) => kinds.has(kind)));
});

test('no value of a Secret is in a report or in the log', async (cluster) => {
  const report = (await reportsIn(cluster, 'vault')).get('Secret/planted');
  assert.equal(outcomesOf(report), { 'clusterwide-encoded': 'fail', 'clusterwide-secretive': 'fail' });
  assert.is(report?.results[0]?.message, 'the message of the policy is withheld: it quotes a value of the Secret');
  const everything = [JSON.stringify(await cluster.client.get('/apis/openreports.io/v1alpha1/reports')), last?.log ?? ''];
  for (const text of everything) assert.not.ok(text.includes(planted) || text.includes(encoded));
  assert.match(last?.log ?? '', 'clusterwide-secretive');
});

test('with --output-scan every report is in the log as it is stored', async (cluster) => {
  const stored = (await reportsIn(cluster, 'team')).get('Pod/bad');
  const logged = last?.lines.filter(({ message }) => message === 'PolicyReport summary').map(({ report }) => report as ReportObject).find(({ metadata }) => metadata.name === stored?.metadata.name);
  assert.equal([logged?.scope, logged?.summary, logged?.results], [stored?.scope, stored?.summary, stored?.results]);
  assert.ok(last?.lines.some(({ message }) => message === 'ClusterPolicyReport summary'));
  assert.ok(last?.lines.every(({ time, level, component }) => typeof time === 'string' && ['debug', 'info', 'warning', 'error'].includes(String(level)) && component === 'audit-scanner'));
});

test('the other format holds the same, and what is no longer written is removed by a run that goes back', async (cluster) => {
  await scan(cluster, ['--report-kind=policyreport', '--ignore-namespaces=left-out']);
  const [one, other] = [(await reportsIn(cluster, 'team')).get('Pod/bad'), (await reportsIn(cluster, 'team', 'policyreport')).get('Pod/bad')];
  const timeless = (report: ReportObject | undefined): unknown => report?.results.map(({ timestamp, ...result }) => [result, timestamp.nanos]);
  assert.equal([other?.apiVersion, other?.kind, other?.source, other?.scope, other?.summary, timeless(other)], ['wgpolicyk8s.io/v1alpha2', 'PolicyReport', undefined, one?.scope, one?.summary, timeless(one)]);
  assert.is((await reportsIn(cluster, undefined, 'policyreport')).get('Namespace/team')?.kind, 'ClusterPolicyReport');
  const foreign = { apiVersion: 'wgpolicyk8s.io/v1alpha2', kind: 'PolicyReport', metadata: { name: 'foreign', namespace: 'team' }, results: [] };
  await cluster.apply([foreign]);
  await scan(cluster, ['--ignore-namespaces=left-out']);
  const left = await cluster.client.get<ApiList<ApiObject>>('/apis/wgpolicyk8s.io/v1alpha2/policyreports');
  assert.equal(left.items.map(({ metadata }) => metadata.name), ['foreign']);
  assert.is((await reportsIn(cluster, undefined, 'policyreport')).size, 0);
});

test('one namespace, even one of the skip list; cluster scope only; nothing stored and nothing removed', async (cluster) => {
  await scan(cluster, ['--ignore-namespaces=left-out', '--namespace=left-out']);
  assert.ok((await reportsIn(cluster, 'left-out')).has('Pod/bad'));
  await cluster.kubectl(['delete', 'pod', 'good', '-n', 'team', '--grace-period=0', '--force']);
  await cluster.kubectl(['delete', 'cap', 'tidy-names']);
  const versions = async (): Promise<string> => JSON.stringify([...(await reportsIn(cluster, 'team')).values()].map(({ metadata }) => [metadata.name, metadata.resourceVersion]));
  await cluster.until<ApiList<ReportObject>>('/apis/openreports.io/v1alpha1/namespaces/team/reports', (list) => list?.items.every(({ scope }) => scope['name'] !== 'good') === true);
  const before = await versions();
  await scan(cluster, ['--disable-store']);
  assert.is(await versions(), before);
  assert.ok((await reportsIn(cluster, undefined)).has('Namespace/team'));
  await scan(cluster, ['--cluster']);
  assert.is(await versions(), before);
  assert.not.ok((await reportsIn(cluster, undefined)).get('Namespace/team')?.results.some(({ policy }) => policy.includes('tidy')));
});

test('what cannot work ends with exit code 1 and one sentence', async (cluster) => {
  const wrong = await endOfScan(cluster, await startScan(cluster, ['--report-kind=openreport']));
  assert.equal([wrong.succeeded, wrong.log.trim()], [false, "Error on cmd.Execute(): invalid report-kind 'openreport': supported values are 'openreports' and 'policyreport'"]);
  const missing = await endOfScan(cluster, await startScan(cluster, ['--namespace=nowhere']));
  assert.is(missing.succeeded, false);
  assert.match(missing.log, /Error on cmd\.Execute\(\): cannot get namespaces "nowhere"/);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
