// Which reports a finished scan removes: those that were there when it began and that nobody has written since. So a scan
// removes no report of another one that runs at the same time, and one that failed in places removes nothing there.
import { type ApiObject, isJsonObject } from '../kubernetes/api-object.js';
import { parseApiVersion } from '../kubernetes/discovery.js';
import { runLabel } from './report.js';

/** What a scan did not get to see, and so knows nothing about. */
export interface Gaps {
  /** Sorts of objects that were not all listed, or whose reports were not all written; see `sortOf`. */
  readonly unfinished: ReadonlySet<string>;
  /** API groups of which nobody knows what they hold now. */
  readonly unknownGroups: ReadonlySet<string>;
}

/** A scan of one scope that has come to its end. */
export interface EndedScan extends Gaps {
  readonly runUid: string;
  /** The version of the collection of reports before the scan began. */
  readonly begunVersion: string;
}

/** A sort of objects, whatever the version: `Kind.group`. */
export function sortOf({ group, kind }: { readonly group: string; readonly kind: string }): string {
  return `${kind}.${group}`;
}

/** Tells whether a report that a scan finds at its end is about something that has no report any more. */
export function isStale(report: ApiObject, { runUid, begunVersion, ...gaps }: EndedScan): boolean {
  if (report.metadata.labels?.[runLabel] === runUid) return false;
  return isNotAfter(report.metadata.resourceVersion ?? '', begunVersion) && !isInGap(report, gaps);
}

/** Tells whether a report is about what a scan did not get to see. */
export function isInGap(report: ApiObject, { unfinished, unknownGroups }: Gaps): boolean {
  const sort = reportedSort(report);
  return sort !== undefined && (unknownGroups.has(sort.group) || unfinished.has(sortOf(sort)));
}

/** What a report says that it is about. */
function reportedSort({ scope }: ApiObject): { readonly group: string; readonly kind: string } | undefined {
  if (!isJsonObject(scope)) return undefined;
  const { apiVersion, kind } = scope;
  const version = typeof apiVersion === 'string' ? parseApiVersion(apiVersion) : undefined;
  return version === undefined || typeof kind !== 'string' ? undefined : { group: version.group, kind };
}

/**
 * Whether a version of an object is as old as another; versions that are no numbers are never.
 *
 * Versions of one collection are ordered numbers (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
 */
function isNotAfter(version: string, other: string): boolean {
  const number = /^[0-9]{1,20}$/;
  return number.test(version) && number.test(other) && BigInt(version) <= BigInt(other);
}
