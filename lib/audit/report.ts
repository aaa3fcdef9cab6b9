// The report on one object, in both formats (contract 7.6). Where reports are kept is report-format.ts.
import type { ApiObject } from '../kubernetes/api-object.js';
import type { AuditAnswer } from './answer.js';
import type { Exemption } from './plan.js';
import type { AuditPolicy } from './policy.js';
import type { ReportFormat } from './report-format.js';

/** A policy that was asked about an object, and what it said. */
export interface Evaluated {
  readonly policy: AuditPolicy;
  readonly answer: AuditAnswer;
}

/** Everything that a report on an object is made of. */
export interface Findings {
  readonly object: ApiObject;
  readonly evaluated: readonly Evaluated[];
  /** Policies that are about this object too and were not asked. */
  readonly exemptions: readonly Exemption[];
  /** How many policies of the whole scan were not asked, and why. */
  readonly scan: { readonly skipped: number; readonly errored: number };
}

/** One run of the scanner, as its reports name it. */
export interface RunStamp {
  readonly runUid: string;
  readonly atMs: number;
}

/** The word for what came of a policy. */
export type ReportOutcome = 'pass' | 'fail' | 'error' | 'skip';

/** One entry of `results`. */
export interface ReportResult {
  readonly source: 'kubewarden';
  readonly policy: string;
  readonly category?: string;
  readonly severity?: string;
  readonly timestamp: { readonly seconds: number; readonly nanos: 0 };
  readonly result: ReportOutcome;
  readonly scored: true;
  readonly resourceSelector: object;
  readonly message?: string;
  readonly properties: Readonly<Record<string, string>>;
}

/** Counts by outcome. */
export interface ReportSummary {
  readonly pass: number;
  readonly fail: number;
  readonly warn: 0;
  readonly error: number;
  readonly skip: number;
}

/** A report, as it is written. */
export interface Report {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels: Readonly<Record<string, string>>; readonly ownerReferences: readonly object[] };
  /** Of the format `openreports` alone. */
  readonly source?: string;
  readonly scope: object;
  readonly summary: ReportSummary;
  readonly results: readonly ReportResult[];
}

/** Labels of every report. */
export const managedByLabel = 'app.kubernetes.io/managed-by';
export const managedBy = 'kubewarden';
export const runLabel = 'kubewarden.io/audit-scanner-run-uid';
const versionLabel = 'kubewarden.io/policyreport-version';

/** The severities that the definitions of reports allow. */
const severities: ReadonlySet<string> = new Set(['critical', 'high', 'medium', 'low', 'info']);

const outcomes: Readonly<Record<AuditAnswer['kind'], ReportOutcome>> = { passed: 'pass', failed: 'fail', errored: 'error' };

/** Tells whether a severity is one that reports can have; an absent one is. */
export function isKnownSeverity(severity: string | undefined): boolean {
  return severity === undefined || severities.has(severity);
}

/** Builds the report on an object; undefined when no policy is about it. */
export function reportOf(findings: Findings, format: ReportFormat, stamp: RunStamp): Report | undefined {
  const { object, evaluated, exemptions, scan } = findings;
  const results = [
    ...evaluated.map(({ policy, answer }) => resultOf(policy, outcomes[answer.kind], answer.message, stamp)),
    ...exemptions.flatMap(({ kind, policy, because }) => (policy === undefined ? [] : [resultOf(policy, kind === 'skipped' ? 'skip' : 'error', `the policy was not asked: ${because}`, stamp)])),
  ].sort((a, b) => (a.policy < b.policy ? -1 : 1));
  if (!results.some(({ result }) => result !== 'skip')) return undefined;
  const { name, namespace, uid = '', resourceVersion } = object.metadata;
  const identity = { apiVersion: object.apiVersion, kind: object.kind, name, uid };
  const count = (kind: AuditAnswer['kind']): number => evaluated.filter(({ answer }) => answer.kind === kind).length;
  return {
    ...format.identityOf(namespace),
    metadata: {
      name: uid,
      ...(namespace === undefined ? {} : { namespace }),
      labels: { [managedByLabel]: managedBy, [versionLabel]: 'v2', [runLabel]: stamp.runUid },
      ownerReferences: [identity],
    },
    ...format.extra,
    scope: { ...identity, ...(namespace === undefined ? {} : { namespace }), ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    summary: { pass: count('passed'), fail: count('failed'), warn: 0, error: count('errored') + scan.errored, skip: scan.skipped },
    results,
  };
}

function resultOf(policy: AuditPolicy, result: ReportOutcome, message: string | undefined, { atMs }: RunStamp): ReportResult {
  const severity = policy.monitoring ? 'info' : policy.severity;
  return {
    source: 'kubewarden',
    policy: policy.id,
    ...(policy.category === undefined ? {} : { category: policy.category }),
    ...(severity === undefined || !isKnownSeverity(severity) ? {} : { severity }),
    timestamp: { seconds: Math.floor(atMs / 1000), nanos: 0 },
    result,
    scored: true,
    resourceSelector: {},
    ...(message === undefined ? {} : { message }),
    properties: propertiesOf(policy),
  };
}

function propertiesOf(policy: AuditPolicy): Readonly<Record<string, string>> {
  return {
    [policy.mutating ? 'mutating' : 'validating']: 'true',
    ...(policy.contextAware ? { 'context-aware': 'true' } : {}),
    'policy-resource-version': policy.resourceVersion,
    'policy-uid': policy.uid,
    'policy-name': policy.name,
    ...(policy.namespace === undefined ? {} : { 'policy-namespace': policy.namespace }),
  };
}
