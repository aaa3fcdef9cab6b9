// The scanner as a program, against an API server and a policy-server that are simulated: what it asks, writes, says and returns.
import { setTimeout as delay } from 'node:timers/promises';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { clusterWith, file, pod, policy, type Report, reported, type ScanEnd, startPolicyServer, startScanner } from './scan-bench.js';
import type { SimulatedCluster, StoredObject } from './simulated-cluster.js';

const scan = suite('integrations/audit/scan');

const server = await startPolicyServer();

/** Runs the scanner to its end. */
async function run(cluster: SimulatedCluster, ...words: readonly string[]): Promise<ScanEnd> {
  return (await startScanner(cluster, [...server.words, ...words])).ended;
}

/** A report that an earlier run left. */
const leftBehind = (name: string, namespace: string | undefined, labels: object = { 'app.kubernetes.io/managed-by': 'kubewarden' }): StoredObject => ({
  apiVersion: 'wgpolicyk8s.io/v1alpha2',
  kind: namespace === undefined ? 'ClusterPolicyReport' : 'PolicyReport',
  metadata: { name, ...(namespace === undefined ? {} : { namespace }), labels: { ...labels } },
  scope: { apiVersion: 'v1', kind: namespace === undefined ? 'Namespace' : 'Pod' },
  results: [],
});
const names = (objects: readonly StoredObject[]): readonly string[] => objects.map(({ metadata }) => metadata.name).sort();

scan('every namespace is scanned but those of the skip list and that of the policy-servers', async () => {
  await using cluster = clusterWith(['a', 'b', 'c', 'd', 'policy-servers'], [policy('pods')]);
  const { code, stderr, lines } = await run(cluster, '-k', 'policy-servers', '-i', 'b,c', '--parallel-namespaces', '2');
  assert.equal([code, stderr], [0, '']);
  assert.equal(reported(cluster), ['of-a', 'of-d']);
  const { objects, reports, passed, failures } = lines.find(({ message }) => message === 'scan finished') ?? {};
  assert.equal([objects, reports, passed, failures], [2, 2, 2, 0]);
});

scan('one namespace is scanned although the skip list names it; the cluster scope has reports of its own kind', async () => {
  await using one = clusterWith(['a', 'kubewarden'], [policy('pods'), policy('namespaces', ['namespaces'])]);
  assert.is((await run(one, '--namespace=kubewarden', '-i', 'kubewarden')).code, 0);
  assert.equal([reported(one), reported(one, 'ClusterPolicyReport')], [['of-kubewarden'], []]);
  await using other = clusterWith(['a', 'b'], [policy('pods'), policy('namespaces', ['namespaces'])]);
  assert.is((await run(other, '-c')).code, 0);
  assert.equal([reported(other), reported(other, 'ClusterPolicyReport')], [[], ['a', 'b']]);
});

scan('a policy is asked under its own path, with the object as it was listed', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  const [stored] = cluster.all('Pod');
  const before = server.questions.length;
  assert.is((await run(cluster)).code, 0);
  const questions = server.questions.slice(before);
  assert.equal(questions.map(({ policy: id, type }) => [id, type]), [['clusterwide-pods', 'application/json']]);
  assert.equal(questions[0]?.review.request.object, stored);
});

scan('lists are asked for in pages of the given size, and every page is gone through', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  for (let index = 0; index < 7; index += 1) cluster.put(pod(`pod-${index}`, 'a'));
  assert.is((await run(cluster, '--page-size', '3')).code, 0);
  assert.is(reported(cluster).length, 8);
  assert.equal(cluster.requests.filter(({ path }) => path === '/api/v1/namespaces/a/pods').map(({ query }) => [query.get('limit'), query.get('continue')]), [['3', null], ['3', '3'], ['3', '6']]);
});

scan('policies and what is served are asked for once, whatever the number of namespaces', async () => {
  await using cluster = clusterWith(['a', 'b', 'c', 'd'], [policy('pods'), policy('more')]);
  await run(cluster);
  const asked = (path: string): number => cluster.requests.filter((request) => request.path === path).length;
  assert.equal(['/apis', '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies', '/apis/policies.kubewarden.io/v1/admissionpolicies'].map(asked), [1, 1, 1]);
});

scan('what was left behind goes once its object is gone, and stays where its objects could not be listed', async () => {
  await using cluster = clusterWith(['a', 'b'], [policy('pods')]);
  for (const home of ['a', 'b']) cluster.put(leftBehind(`stale-${home}`, home));
  cluster.put(leftBehind('foreign', 'a', { 'app.kubernetes.io/managed-by': 'somebody' }));
  cluster.fails = ({ path }) => (path === '/api/v1/namespaces/b/pods' ? 403 : undefined);
  const { code, lines } = await run(cluster);
  assert.is(code, 0);
  assert.equal(lines.filter(({ message }) => message === 'Failed to list resources').map(({ level, resource, namespace }) => [level, resource, namespace]), [['warning', 'pods', 'b']]);
  assert.equal(names(cluster.all('PolicyReport')).filter((name) => !/^[0-9a-f-]{36}$/.test(name)), ['foreign', 'stale-b']);
});

for (const [title, words, most] of [
  ['one question at a time', ['--parallel-resources=1', '--parallel-policies=1'], 1],
  ['several policies for each of several objects', ['--parallel-resources=2', '--parallel-policies=3'], 6],
  ['no more in two namespaces than each may', ['--parallel-namespaces=2', '--parallel-resources=1', '--parallel-policies=1'], 2],
] as const) {
  scan(`so much is asked at once as the options say: ${title}`, async () => {
    await using cluster = clusterWith(['a', 'b'], ['one', 'two', 'three'].map((name) => policy(name)));
    for (let index = 0; index < 6; index += 1) for (const home of ['a', 'b']) cluster.put(pod(`pod-${index}`, home));
    let [now, peak] = [0, 0];
    server.pause = async () => {
      now += 1;
      peak = Math.max(peak, now);
      await delay(20);
      now -= 1;
    };
    const { code } = await run(cluster, ...words);
    server.pause = () => Promise.resolve();
    assert.equal([code, peak], [0, most]);
  });
}

scan('who is not asked is counted in the summary and is in the log once, with the reason', async () => {
  const conditional = { matchConditions: [{ name: 'n', expression: 'true' }] };
  await using cluster = clusterWith(['a', 'b'], [policy('pods'), policy('off', ['pods'], { backgroundAudit: false }), policy('conditional', ['pods'], conditional), policy('lost', ['unicorns']), policy('exec', ['pods/exec'])]);
  const { lines } = await run(cluster);
  assert.equal((cluster.all('PolicyReport') as readonly Report[]).map(({ summary }) => summary), [1, 2].map(() => ({ pass: 1, fail: 0, warn: 0, error: 1, skip: 3 })));
  assert.equal(
    lines.filter(({ reason }) => reason !== undefined).map(({ level, message, policy: id, reason }) => [level, message, id, reason]).sort(),
    [
      ['info', 'policy skipped', 'clusterwide-conditional', 'it has matchConditions, which the audit does not evaluate'],
      ['info', 'policy skipped', 'clusterwide-exec', 'its rules are about nothing that is stored and can be created'],
      ['info', 'policy skipped', 'clusterwide-off', 'its field backgroundAudit is false'],
      ['warning', 'policy errored', 'clusterwide-lost', 'the API server serves none of its resources: unicorns of v1'],
    ],
  );
});

scan('an object that cannot be read in the version that a policy judges is an error of that policy alone', async () => {
  const about = (name: string, version: string): StoredObject => policy(name, [], { rules: [{ apiGroups: ['shapes.example.com'], apiVersions: [version], resources: ['circles'], operations: ['CREATE'] }] });
  await using cluster = clusterWith(['a'], [about('new', 'v1'), about('old', 'v1alpha1')]);
  for (const name of ['one', 'two']) cluster.put({ apiVersion: 'shapes.example.com/v1', kind: 'Circle', metadata: { name, namespace: 'a' } });
  cluster.fails = ({ path }) => (path.startsWith('/apis/shapes.example.com/v1alpha1/') ? 403 : undefined);
  const { lines } = await run(cluster);
  assert.equal((cluster.all('PolicyReport') as readonly Report[]).map(({ results }) => results.map(({ policy: id, result }) => [id, result])), [1, 2].map(() => [['clusterwide-new', 'pass'], ['clusterwide-old', 'error']]));
  assert.match(String((cluster.all('PolicyReport')[0] as Report).results[1]?.message), /^the object cannot be read in the version that the policy judges: cannot get circles\.shapes\.example\.com "one"/);
  assert.is(lines.find(({ message }) => message === 'scan finished')?.['failures'], 0);
});

scan('a severity that reports cannot have is left out, and said once', async () => {
  const plain = policy('pods');
  await using cluster = clusterWith(['a', 'b'], [{ ...plain, metadata: { ...plain.metadata, annotations: { 'io.kubewarden.policy.severity': 'dreadful' } } }]);
  const { lines } = await run(cluster);
  assert.equal(lines.filter(({ severity }) => severity !== undefined).map(({ level, policy: id, severity }) => [level, id, severity]), [['warning', 'clusterwide-pods', 'dreadful']]);
  assert.equal((cluster.all('PolicyReport') as readonly Report[]).map(({ results }) => results.map((result) => 'severity' in result)), [[false], [false]]);
});

scan('a wildcard leaves out what nobody can create', async () => {
  await using cluster = clusterWith(['a'], [policy('all', ['*'])]);
  cluster.put({ apiVersion: 'v1', kind: 'ComponentStatus', metadata: { name: 'etcd-0' } });
  const { lines } = await run(cluster);
  assert.equal([reported(cluster), reported(cluster, 'ClusterPolicyReport')], [['of-a'], ['a']]);
  assert.is(lines.find(({ message }) => message === 'scan finished')?.['failures'], 0);
});

for (const [title, failing] of [
  ['what is served', '/apis'],
  ['policies', '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies'],
  ['the Services of policy-servers', '/api/v1/namespaces/kubewarden/services'],
  ['the version of the reports', '/apis/wgpolicyk8s.io/v1alpha2/policyreports'],
  ['namespaces', '/api/v1/namespaces'],
] as const) {
  scan(`a run that cannot read ${title} ends with exit code 1 and removes nothing`, async () => {
    await using cluster = clusterWith(['a'], [policy('pods')]);
    cluster.put(leftBehind('old', 'a'));
    cluster.fails = ({ path }) => (path === failing ? 403 : undefined);
    const { code, stderr } = await run(cluster, '--policy-server-url=');
    assert.is(code, 1);
    assert.match(stderr, /^Error on cmd\.Execute\(\): .+\n$/);
    assert.equal(names(cluster.all('PolicyReport')), ['old']);
  });
}

scan('a run that is told to stop ends with exit code 1 and removes nothing', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  cluster.put(leftBehind('old', 'a'));
  const { child, ended } = await startScanner(cluster, server.words);
  server.pause = () => {
    child.kill('SIGTERM');
    return delay(200);
  };
  const { code, stderr } = await ended;
  server.pause = () => Promise.resolve();
  assert.equal([code, stderr], [1, 'Error on cmd.Execute(): the scan was told to stop\n']);
  assert.equal(names(cluster.all('PolicyReport')), ['old']);
});

scan('a report that another scan writes stays: one that is new, and one that was stale a moment ago', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  const ofAnother = { 'app.kubernetes.io/managed-by': 'kubewarden', 'kubewarden.io/audit-scanner-run-uid': 'another' };
  for (const name of ['stale', 'revived']) cluster.put(leftBehind(name, 'a'));
  cluster.fails = ({ method, path }) => {
    if (path === '/api/v1/namespaces/a/pods') cluster.put(leftBehind('new', 'a', ofAnother));
    if (method === 'DELETE' && path.endsWith('/revived')) cluster.put(leftBehind('revived', 'a', ofAnother));
    return undefined;
  };
  const { code, lines } = await run(cluster);
  assert.equal([code, lines.find(({ message }) => message === 'scan finished')?.['removed']], [0, 1]);
  assert.equal(names(cluster.all('PolicyReport')).filter((name) => !/^[0-9a-f-]{36}$/.test(name)), ['new', 'revived']);
});

scan('a run that writes OpenReports needs no definition of PolicyReports', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')], ['wgpolicyk8s.io/v1alpha2']);
  const { code, lines } = await run(cluster, '--report-kind=openreports');
  assert.equal([code, reported(cluster, 'Report'), lines.filter(({ level }) => level !== 'info')], [0, ['of-a'], []]);
});

scan('with --disable-store nothing is written and nothing removed', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  cluster.put(leftBehind('stale', 'a'));
  const { code, lines } = await run(cluster, '--disable-store', '--report-kind=openreports');
  assert.equal([code, lines.find(({ message }) => message === 'scan finished')?.['passed']], [0, 1]);
  assert.equal([names(cluster.all('PolicyReport')), cluster.all('Report').length], [['stale'], 0]);
  assert.equal(cluster.requests.filter(({ method }) => method !== 'GET'), []);
});

scan('a report that cannot be written is told, and changes neither the exit code nor the other reports', async () => {
  await using cluster = clusterWith(['a', 'b'], [policy('pods')]);
  cluster.put(leftBehind('stale', 'a'));
  cluster.fails = ({ method, path }) => (method !== 'GET' && path.includes('/namespaces/a/policyreports') ? 422 : undefined);
  const { code, lines } = await run(cluster);
  assert.is(code, 0);
  assert.equal(lines.filter(({ level }) => level === 'error').map(({ message }) => message), ['error adding PolicyReport to store.']);
  assert.equal([reported(cluster).filter((name) => name !== ''), cluster.all('PolicyReport').length], [['of-b'], 2]);
});

scan('a run that writes OpenReports removes our PolicyReports when it is through, and only ours', async () => {
  await using cluster = clusterWith(['a', 'left-out'], [policy('pods'), policy('namespaces', ['namespaces'])]);
  cluster.put(leftBehind('ours', 'a'));
  cluster.put(leftBehind('ours-too', 'left-out'));
  cluster.put(leftBehind('ours-as-well', undefined));
  cluster.put(leftBehind('foreign', 'a', {}));
  assert.is((await run(cluster, '--report-kind=openreports', '-i', 'left-out')).code, 0);
  assert.equal([names(cluster.all('PolicyReport')), cluster.all('ClusterPolicyReport')], [['foreign'], []]);
  assert.equal([reported(cluster, 'Report'), reported(cluster, 'ClusterReport')], [['of-a'], ['a', 'left-out']]);
});

for (const [title, absent, failing, code, kept] of [
  ['whose reports have no definition', ['openreports.io/v1alpha1'], '', 1, ['old-pod']],
  ['that cannot read policies', [], '/apis/policies.kubewarden.io/v1/clusteradmissionpolicies', 1, ['old-pod']],
  ['that cannot list a resource', [], '/api/v1/namespaces/a/pods', 0, ['old-pod']],
  ['that can do everything', [], '', 0, []],
] as const) {
  scan(`of a run ${title}, ${kept.length === 0 ? 'no PolicyReport of an earlier one is left' : 'the PolicyReports of an earlier one stay'}`, async () => {
    await using cluster = clusterWith(['a'], [policy('pods')], absent);
    cluster.put(leftBehind('old-pod', 'a'));
    cluster.fails = ({ path }) => (path === failing ? 403 : undefined);
    assert.is((await run(cluster, '--report-kind=openreports')).code, code);
    assert.equal(names(cluster.all('PolicyReport')), kept);
  });
}

scan('of a run over one namespace, the PolicyReports of an earlier one go there and stay elsewhere', async () => {
  await using cluster = clusterWith(['a', 'b'], [policy('pods')]);
  for (const home of ['a', 'b', undefined]) cluster.put(leftBehind(`old-${home ?? 'cluster'}`, home));
  assert.is((await run(cluster, '--report-kind=openreports', '-n', 'a')).code, 0);
  assert.equal([names(cluster.all('PolicyReport')), names(cluster.all('ClusterPolicyReport'))], [['old-b'], ['old-cluster']]);
});

scan('PolicyReports that cannot be removed are a warning, and the run is good', async () => {
  await using cluster = clusterWith(['a'], [policy('pods')]);
  cluster.put(leftBehind('old', 'a'));
  cluster.fails = ({ method, path }) => (method === 'DELETE' && path.includes('policyreports') ? 403 : undefined);
  const { code, lines } = await run(cluster, '--report-kind=openreports');
  assert.equal([code, reported(cluster, 'Report')], [0, ['of-a']]);
  assert.ok(lines.some(({ level, message }) => level === 'warning' && message === 'failed to remove legacy PolicyReports'));
});

scan('with --output-scan the log holds each report as it is stored', async () => {
  await using cluster = clusterWith(['a'], [policy('pods'), policy('namespaces', ['namespaces'])]);
  const { lines } = await run(cluster, '-o', '--report-kind', 'policyreport');
  const logged = (message: string): unknown => lines.filter((line) => line['message'] === message).map(({ report }) => [(report as Report).scope, (report as Report).summary, (report as Report).results]);
  const stored = (kind: string): unknown => (cluster.all(kind) as readonly Report[]).map(({ scope, summary, results }) => [scope, summary, results]);
  assert.equal([logged('PolicyReport summary'), logged('ClusterPolicyReport summary')], [stored('PolicyReport'), stored('ClusterPolicyReport')]);
});

for (const [words, message] of [
  [['--report-kind=openreport'], "invalid report-kind 'openreport': supported values are 'openreports' and 'policyreport'"],
  [['--client-key='], '--client-cert and --client-key must be given together'],
  [['--extra-ca=/nowhere.pem'], "--extra-ca: cannot read /nowhere.pem: ENOENT: no such file or directory, open '/nowhere.pem'"],
  [[`--extra-ca=${file('none.pem', 'no PEM')}`], '--extra-ca: the file holds no certificate in PEM'],
  [['--no-such-flag'], "unknown option '--no-such-flag'"],
  [['--namespace=nowhere'], 'cannot get namespaces "nowhere": the API server answered 404 NotFound: because NotFound'],
] as const) {
  scan(`exit code 1 behind the reference's words: ${message}`, async () => {
    await using cluster = clusterWith(['a'], [policy('pods')]);
    const { code, stderr } = await run(cluster, ...words);
    assert.equal([code, stderr], [1, `Error on cmd.Execute(): ${message}\n`]);
  });
}

scan('every line on standard output is a JSON object with time, level, component and message', async () => {
  await using cluster = clusterWith(['a'], [policy('pods'), policy('off', ['pods'], { backgroundAudit: false }), policy('lost', ['unicorns'])]);
  const { stdout, lines } = await run(cluster, '-c', '-n', 'a', '--loglevel', '');
  assert.ok(lines.length > 3, stdout);
  for (const { time, level, component, message } of lines) {
    assert.ok(!Number.isNaN(Date.parse(String(time))) && ['debug', 'info', 'warning', 'error'].includes(String(level)) && component === 'audit-scanner' && typeof message === 'string', stdout);
  }
  assert.is(lines[0]?.['message'], 'Cannot scan cluster wide and only a namespace at the same time');
});

scan.after(() => server.close());

scan.run();
