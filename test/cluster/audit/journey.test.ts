// The journey of an object that is in the cluster already: it complied, a policy is tightened, the next scheduled run reports it,
// it is fixed, and the result disappears.

import * as assert from 'uvu/assert';

import { clusterSuite } from '../cluster-suite.js';
import { clusterPolicy, enforced, install, namespace, pullSecretObject, sources, startPolicyRegistry, type PolicyRegistry } from '../controller/bench.js';
import { images, outcomesOf, reportsIn, reportsPath, scan, type ReportObject } from './bench.js';
import type { ApiList } from '../api/objects.js';

const { test, after, run } = await clusterSuite('cluster/audit/journey', { images });

let registry: PolicyRegistry | undefined;

const home = 'workloads';
const rules = [{ apiGroups: ['apps'], apiVersions: ['v1'], resources: ['deployments'], operations: ['CREATE', 'UPDATE'] }];

/** A Deployment without Pods, with a privileged init container or a plain one. */
function deployment(name: string, privileged: boolean): object {
  const container = (role: string, isPrivileged: boolean): object => ({ name: role, image: 'example.test/main:v1', securityContext: { privileged: isPrivileged } });
  const template = { metadata: { labels: { app: name } }, spec: { initContainers: [container('init', privileged)], containers: [container('main', false)] } };
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: home }, spec: { replicas: 0, selector: { matchLabels: { app: name } }, template } };
}

const tolerant = (skip: boolean): object => clusterPolicy('privileged', { module: registry?.moduleOf('pod-privileged'), rules, settings: { skip_init_containers: skip } });

test('the installation has a CronJob, and definitions of reports', async (cluster) => {
  registry = await startPolicyRegistry(cluster);
  await install(cluster);
  await cluster.apply([pullSecretObject(registry), { apiVersion: 'v1', kind: 'Namespace', metadata: { name: home } }]);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
  const [head] = (await cluster.kubectl(['get', 'reps', '-A'])).split('\n');
  assert.equal(head, '');
  assert.match(await cluster.kubectl(['get', 'cronjob', 'audit-scanner', '-n', namespace]), /\*\/60 \* \* \* \*/);
});

test('an object that complies has a report that says so', async (cluster) => {
  await cluster.apply([tolerant(true)]);
  await enforced(cluster, 'privileged');
  await cluster.apply([deployment('web', true)]);
  await scan(cluster);
  const reports = await reportsIn(cluster, home);
  assert.equal(outcomesOf(reports.get('Deployment/web')), { 'clusterwide-privileged': 'pass' });
});

test('the policy is tightened: the next run of the CronJob, which fires by itself, reports the object', async (cluster) => {
  await cluster.apply([tolerant(false)]);
  await enforced(cluster, 'privileged');
  await cluster.kubectl(['patch', 'cronjob', 'audit-scanner', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { schedule: '* * * * *' } })]);
  const { items } = await cluster.until<ApiList<ReportObject>>(reportsPath(home), (found) => found?.items.some(({ results }) => results.some(({ result }) => result === 'fail')) === true, 150_000);
  assert.equal(items.map(({ scope, summary, results }) => [scope['name'], summary['fail'], results[0]?.message]), [['web', 1, 'Privileged init container is not allowed']]);
});

test('the object is fixed: after the next run the violation is gone', async (cluster) => {
  await cluster.apply([deployment('web', false)]);
  const { items } = await cluster.until<ApiList<ReportObject>>(reportsPath(home), (found) => found?.items.every(({ results }) => results.every(({ result }) => result === 'pass')) === true, 150_000);
  assert.equal(items.map(({ summary }) => [summary['pass'], summary['fail']]), [[1, 0]]);
});

test('the last policy is deleted: after the next run no report is left', async (cluster) => {
  await cluster.kubectl(['patch', 'cronjob', 'audit-scanner', '-n', namespace, '--type=merge', '-p', JSON.stringify({ spec: { suspend: true } })]);
  await cluster.kubectl(['delete', 'cap', 'privileged']);
  await scan(cluster);
  assert.is((await reportsIn(cluster, home)).size, 0);
});

after(async () => registry?.[Symbol.asyncDispose]());

run();
