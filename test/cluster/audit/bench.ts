// What tests of the audit scanner begin with: the installation with the scanner's image, and scans as Jobs made from its CronJob.

import { mkdirSync, writeFileSync } from 'node:fs';

import { annotateModule, readMetadata } from '../../../lib/policy/module.js';
import { fixtureBytes } from '../../support/fixtures.js';
import type { ApiList, ApiObject } from '../api/objects.js';
import type { Cluster } from '../cluster.js';
import { eventually, images as controllerImages, install, namespace, type PolicyRegistry, pullSecretObject, sources } from '../controller/bench.js';
import type { ImageMap } from '../agent/image.js';

/** Commands that stand in for the images of the installation. */
export const images: ImageMap = {
  ...controllerImages,
  'ghcr.io/wasmwarden/audit-scanner:latest': {
    entrypoint: [process.execPath, '--enable-source-maps', '--conditions=@wasmwarden/source', '/app/build/integrations/audit/src/main.js'],
    contents: { '/app': process.cwd() },
  },
};

/** A report, as far as tests look at it. */
export interface ReportObject extends ApiObject {
  readonly source?: string;
  readonly scope: Readonly<Record<string, string>>;
  readonly summary: Readonly<Record<string, number>>;
  readonly results: readonly ReportEntry[];
}

export interface ReportEntry {
  readonly policy: string;
  readonly result: string;
  readonly message?: string;
  readonly severity?: string;
  readonly category?: string;
  readonly properties: Readonly<Record<string, string>>;
  readonly timestamp: { readonly seconds: number; readonly nanos: number };
}

/** What a scan logged, and how it ended. */
export interface ScanRun {
  readonly succeeded: boolean;
  readonly log: string;
  readonly lines: readonly Readonly<Record<string, unknown>>[];
}

interface JobObject extends ApiObject {
  readonly spec: { readonly template: { readonly spec: PodSpec } };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[]; readonly active?: number };
}

interface PodSpec {
  readonly containers: readonly (Readonly<Record<string, unknown>> & { readonly args: readonly string[] })[];
}

interface CronJobObject extends ApiObject {
  readonly spec: { readonly jobTemplate: { readonly spec: { readonly template: { readonly spec: PodSpec } } } };
}

const cronJobPath = `/apis/batch/v1/namespaces/${namespace}/cronjobs/audit-scanner`;
const jobsPath = `/apis/batch/v1/namespaces/${namespace}/jobs`;

let jobs = 0;

/** Installs the product with a PolicyServer that may pull from a registry, and makes namespaces. */
export async function installWith(cluster: Cluster, registry: PolicyRegistry, homes: readonly string[]): Promise<void> {
  await install(cluster);
  await cluster.apply([pullSecretObject(registry), ...homes.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } }))]);
  // New definitions are served a moment after they are established.
  const served = (path: string): Promise<boolean> => cluster.client.get(path).then(() => true, () => false);
  for (const path of (['openreports', 'policyreport'] as const).flatMap((format) => [reportsPath(undefined, format), reportsPath('default', format)])) await eventually(() => served(path), `the collection ${path}`);
  await cluster.kubectl(['patch', 'ps', 'default', '--type=merge', '-p', JSON.stringify({ spec: sources(registry) })]);
}

/** Where Pods find a policy that never answers: an adversarial fixture, with what a policy-server asks of every module. */
export function hangingModule(): string {
  const metadata = readMetadata(fixtureBytes('pod-privileged'));
  if (metadata === undefined) throw new Error('the fixture has no metadata');
  mkdirSync('build/cluster-modules', { recursive: true });
  writeFileSync('build/cluster-modules/hanging.wasm', annotateModule(fixtureBytes('adversarial/infinite-loop'), metadata));
  return 'file:///app/build/cluster-modules/hanging.wasm';
}

/** Rules about one resource being created. */
export function rulesFor(group: string, resource: string, more: object = {}): readonly object[] {
  return [{ apiGroups: [group], apiVersions: ['v1'], resources: [resource], operations: ['CREATE'], ...more }];
}

/** Creates many objects, several at once. */
export async function createMany(cluster: Cluster, path: string, objects: readonly object[]): Promise<void> {
  const rest = objects.values();
  const worker = async (): Promise<void> => {
    for (const object of rest) await cluster.client.create(path, object);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** Starts a scan as `kubectl create job --from=cronjob/audit-scanner` does, with other arguments behind those of the CronJob. */
export async function startScan(cluster: Cluster, words: readonly string[] = []): Promise<string> {
  const cronJob = await cluster.client.get<CronJobObject>(cronJobPath);
  const template = cronJob.spec.jobTemplate.spec;
  const spec = template.template.spec;
  const containers = spec.containers.map((container) => ({ ...container, args: [...container.args, ...words] }));
  jobs += 1;
  const name = `scan-${jobs}`;
  await cluster.client.create(jobsPath, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace }, spec: { ...template, backoffLimit: 0, template: { ...template.template, spec: { ...spec, containers } } } });
  return name;
}

/** Waits for the end of a scan. */
export async function endOfScan(cluster: Cluster, job: string, timeoutMs = 120_000): Promise<ScanRun> {
  const ended = await cluster.until<JobObject>(`${jobsPath}/${job}`, (found) => conditionOf(found) !== undefined, timeoutMs);
  const log = await cluster.logs({ namespace, pod: await podOf(cluster, job), container: 'audit-scanner' });
  const lines = log.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { succeeded: conditionOf(ended) === 'Complete', log, lines };
}

/** Scans, and demands that it succeeds. */
export async function scan(cluster: Cluster, words: readonly string[] = [], timeoutMs?: number): Promise<ScanRun> {
  const run = await endOfScan(cluster, await startScan(cluster, words), timeoutMs);
  if (!run.succeeded) throw new Error(`the scan failed:\n${run.log}`);
  return run;
}

/** The Pod of a Job. */
export async function podOf(cluster: Cluster, job: string): Promise<string> {
  const list = await cluster.until<ApiList<ApiObject>>(`/api/v1/namespaces/${namespace}/pods?labelSelector=job-name%3D${job}`, (found) => (found?.items.length ?? 0) > 0);
  return list.items[0]?.metadata.name ?? '';
}

function conditionOf(job: JobObject | undefined): string | undefined {
  return job?.status?.conditions?.find(({ type, status }) => ['Complete', 'Failed'].includes(type) && status === 'True')?.type;
}

/** Where the reports of each format are. */
const paths = {
  openreports: { namespaced: (home: string) => `/apis/openreports.io/v1alpha1/namespaces/${home}/reports`, cluster: '/apis/openreports.io/v1alpha1/clusterreports' },
  policyreport: { namespaced: (home: string) => `/apis/wgpolicyk8s.io/v1alpha2/namespaces/${home}/policyreports`, cluster: '/apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports' },
} as const;

/** The path of the reports of a namespace, or of cluster scope. */
export function reportsPath(home: string | undefined, format: keyof typeof paths = 'openreports'): string {
  return home === undefined ? paths[format].cluster : paths[format].namespaced(home);
}

/** The reports of a namespace, or of cluster scope, by `Kind/name` of what they are about. */
export async function reportsIn(cluster: Cluster, home: string | undefined, format: keyof typeof paths = 'openreports'): Promise<ReadonlyMap<string, ReportObject>> {
  const { items } = await cluster.client.get<ApiList<ReportObject>>(reportsPath(home, format));
  return new Map(items.map((report) => [`${report.scope['kind'] ?? ''}/${report.scope['name'] ?? ''}`, report]));
}

/** The outcomes in a report by policy. */
export function outcomesOf(report: ReportObject | undefined): Readonly<Record<string, string>> | undefined {
  return report === undefined ? undefined : Object.fromEntries(report.results.map(({ policy, result }) => [policy, result]));
}
