// From flags to one checked configuration: pure, every problem at once.
import { Fault } from 'wasmwarden';
import { type ReportFormat, reportFormats, type ResourceNaming } from 'wasmwarden/audit';
import { z } from 'zod';

import { readOptionValue } from './option-values.js';
import { type AuditOption, auditOptions } from './options.js';

/** Which objects of a cluster are looked at. */
export type Extent = { readonly kind: 'all' } | { readonly kind: 'cluster' } | { readonly kind: 'namespace'; readonly name: string };

/** Whom to trust, and what to show, as paths of PEM files. */
export interface TlsPaths {
  readonly insecure: boolean;
  readonly authorities: string | undefined;
  readonly client: { readonly certificate: string; readonly key: string } | undefined;
}

/** How much is done at once. */
export interface Parallelism {
  readonly namespaces: number;
  /** Objects, in each namespace. */
  readonly resources: number;
  /** Policies, for each object. */
  readonly policies: number;
}

export type LogLevel = 'debug' | 'info' | 'warning' | 'error';

/** Everything the scanner can be told. */
export interface AuditConfig {
  readonly extent: Extent;
  readonly kubewardenNamespace: string;
  readonly ignoredNamespaces: readonly string[];
  readonly watch: boolean;
  /** The base URL of every policy-server, in place of their Services. */
  readonly policyServerUrl: string | undefined;
  readonly tls: TlsPaths;
  readonly format: ReportFormat;
  readonly store: boolean;
  readonly outputScan: boolean;
  readonly parallel: Parallelism;
  readonly pageSize: number;
  readonly naming: ResourceNaming;
  readonly logLevel: LogLevel;
}

/** What was read, and what the operator should hear. */
export interface ParsedConfig {
  readonly config: AuditConfig;
  readonly warnings: readonly string[];
}

const text = z.string().optional();
const valuesSchema = z.object({
  'namespace': text,
  'cluster': z.boolean(),
  'kubewarden-namespace': z.string(),
  'ignore-namespaces': z.array(z.string()).default([]),
  'watch': z.boolean(),
  'policy-server-url': text,
  'insecure-ssl': z.boolean(),
  'extra-ca': text,
  'client-cert': text,
  'client-key': text,
  'report-kind': z.enum(['policyreport', 'openreports']),
  'disable-store': z.boolean(),
  'output-scan': z.boolean(),
  'parallel-namespaces': z.number(),
  'parallel-resources': z.number(),
  'parallel-policies': z.number(),
  'page-size': z.number(),
  'kind-in-resource': z.boolean(),
  'loglevel': z.enum(['debug', 'info', 'warning', 'error']),
});
type Values = z.infer<typeof valuesSchema>;

/**
 * Reads the configuration.
 *
 * @param flags the given flags as texts, by name without dashes
 * @throws {Fault} `CONFIG_INVALID` with every problem in its message
 */
export function parseConfig(flags: Readonly<Record<string, string>>): ParsedConfig {
  const problems: string[] = [];
  const values = valuesSchema.safeParse(Object.fromEntries(auditOptions.map((option) => [option.flag, valueOf(option, flags, problems)])));
  const missing = pairProblem(flags);
  if (missing !== undefined) problems.push(missing);
  const url = urlProblem(flags['policy-server-url']);
  if (url !== undefined) problems.push(url);
  if (problems.length > 0 || !values.success) throw new Fault('CONFIG_INVALID', problems.join('; '), { context: { problems } });
  return { config: configOf(values.data), warnings: warningsOf(values.data) };
}

function valueOf({ flag, kind, fallback }: AuditOption, flags: Readonly<Record<string, string>>, problems: string[]): unknown {
  const given = flags[flag] ?? fallback;
  if (given === undefined) return undefined;
  const result = readOptionValue(kind, given);
  if (result.kind === 'read') return result.value ?? (fallback === undefined ? undefined : fallback);
  problems.push(kind === 'report-kind' ? result.because : `--${flag}: ${result.because}`);
  return undefined;
}

function pairProblem(flags: Readonly<Record<string, string>>): string | undefined {
  const given = ['client-cert', 'client-key'].filter((flag) => (flags[flag] ?? '') !== '');
  return given.length === 1 ? '--client-cert and --client-key must be given together' : undefined;
}

function urlProblem(url: string | undefined): string | undefined {
  if (url === undefined || url === '') return undefined;
  return URL.canParse(url) && ['http:', 'https:'].includes(new URL(url).protocol) ? undefined : `--policy-server-url: '${url}' is not an http or https URL`;
}

function configOf(values: Values): AuditConfig {
  return {
    extent: extentOf(values),
    kubewardenNamespace: values['kubewarden-namespace'],
    ignoredNamespaces: values['ignore-namespaces'],
    watch: values.watch,
    policyServerUrl: values['policy-server-url']?.replace(/\/+$/, ''),
    tls: {
      insecure: values['insecure-ssl'],
      authorities: values['extra-ca'],
      client: values['client-cert'] === undefined || values['client-key'] === undefined ? undefined : { certificate: values['client-cert'], key: values['client-key'] },
    },
    format: reportFormats[values['report-kind']],
    store: !values['disable-store'],
    outputScan: values['output-scan'],
    parallel: { namespaces: values['parallel-namespaces'], resources: values['parallel-resources'], policies: values['parallel-policies'] },
    pageSize: values['page-size'],
    naming: values['kind-in-resource'] ? 'kind' : 'plural',
    logLevel: values.loglevel,
  };
}

function extentOf({ cluster, namespace }: Values): Extent {
  if (cluster) return { kind: 'cluster' };
  return namespace === undefined ? { kind: 'all' } : { kind: 'namespace', name: namespace };
}

function warningsOf({ cluster, namespace, 'insecure-ssl': insecure }: Values): readonly string[] {
  return [
    // What the reference says, before it scans the cluster scope.
    ...(cluster && namespace !== undefined ? ['Cannot scan cluster wide and only a namespace at the same time'] : []),
    ...(insecure ? ['certificates of policy-servers are not verified'] : []),
  ];
}
