// What every part of a scan is given.
import type { AuditPlan, Family, ReportFormat, ResourceNaming } from 'wasmwarden/audit';
import type { ApiObject, ClusterClient } from 'wasmwarden/kubernetes';
import type { Logger } from 'pino';

import type { Patience } from '../cluster/patience.js';
import type { Parallelism } from '../config.js';
import type { ReportStore } from '../reports/report-store.js';
import type { Evaluator } from '../servers/evaluator.js';
import type { Tally } from './tally.js';

/** What every part of a scan is given. */
export interface Surroundings {
  readonly client: ClusterClient;
  readonly evaluator: Evaluator;
  /** Undefined when nothing is stored. */
  readonly store: ReportStore | undefined;
  readonly format: ReportFormat;
  readonly naming: ResourceNaming;
  readonly parallel: Parallelism;
  readonly pageSize: number;
  readonly outputScan: boolean;
  readonly patience: Patience;
  readonly runUid: string;
  readonly tally: Tally;
  readonly log: Logger;
  /** Told of every object that was looked at, and whether that is settled: every policy could judge, and the report is stored. */
  readonly onAudited?: ((object: ApiObject, judgement: { readonly family: Family; readonly plan: AuditPlan }, settled: boolean) => void) | undefined;
}
