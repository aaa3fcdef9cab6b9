// The door `wasmwarden/audit`: which policies judge which objects of a cluster, what they are asked, and the reports on it.
// All of it is pure; the scanner that reads, asks and writes is `@wasmwarden/audit`.
export { readAnswer } from './answer.js';
export type { AuditAnswer } from './answer.js';
export { judges } from './matching.js';
export { fingerprintOf, planOf } from './plan.js';
export type { Assignment, AuditKnowledge, AuditPlan, AuditScope, Exemption, Family, Omission, PolicyEndpoint } from './plan.js';
export { policyIdOf, policyResources, policyServerResource, readPolicy } from './policy.js';
export type { AuditPolicy, PolicyKind, PolicyRule, PolicySelector, ReadPolicy } from './policy.js';
export { isKnownSeverity, managedBy, managedByLabel, reportOf, runLabel } from './report.js';
export type { Evaluated, Findings, Report, ReportOutcome, ReportResult, ReportSummary, RunStamp } from './report.js';
export { reportFormats } from './report-format.js';
export type { ReportFormat, ReportFormatName } from './report-format.js';
export { encodeAuditReview } from './review.js';
export type { ResourceNaming, Reviewed } from './review.js';
export { withoutSecrets } from './secrecy.js';
export { isInGap, isStale, sortOf } from './staleness.js';
export type { EndedScan, Gaps } from './staleness.js';
export { familyOf } from './targets.js';
