// The queries of requests, as the API server spells them. PURE.

/** Which objects of a collection. */
export interface Selection {
  /** In text form, such as `app=web`; see selector-text.ts. */
  readonly labelSelector?: string | undefined;
  /** In text form, such as `metadata.name=a`; see field-selector.ts. */
  readonly fieldSelector?: string | undefined;
}

/** One page of a list. */
export interface PageQuery extends Selection {
  /** Most objects in the page; all of them when absent. */
  readonly limit?: number | undefined;
  /** Where the page begins; at the start when absent. */
  readonly continueToken?: string | undefined;
}

/** A watch from a version on. */
export interface WatchQuery extends Selection {
  readonly resourceVersion: string;
  /** When the server ends the watch, in seconds. */
  readonly timeoutSeconds: number;
}

/** How a change is made. */
export interface WriteOptions {
  /** Everything is checked, and nothing is stored. */
  readonly dryRun?: boolean | undefined;
  /** Whom `metadata.managedFields` names; the API server takes the user agent when absent. */
  readonly fieldManager?: string | undefined;
  /** What happens to fields that the API server does not know; a warning when absent. */
  readonly fieldValidation?: 'Ignore' | 'Warn' | 'Strict' | undefined;
}

/** How server-side apply is made. */
export interface ApplyOptions extends WriteOptions {
  readonly fieldManager: string;
  /** Takes fields over that others own; otherwise these are a conflict. */
  readonly force?: boolean | undefined;
}

type Parameter = readonly [name: string, value: string | number | boolean | undefined];

/** Puts a page's query behind a path. */
export function withPage(path: string, query: PageQuery): string {
  return withParameters(path, [...selected(query), ['limit', query.limit], ['continue', query.continueToken]]);
}

/** Puts a watch's query behind a path; bookmarks are always asked for. */
export function withWatch(path: string, query: WatchQuery): string {
  return withParameters(path, [...selected(query), ['watch', true], ['allowWatchBookmarks', true], ['resourceVersion', query.resourceVersion], ['timeoutSeconds', query.timeoutSeconds]]);
}

/** Puts a write's query behind a path. */
export function withWrite(path: string, { dryRun, fieldManager, fieldValidation }: WriteOptions): string {
  return withParameters(path, writing({ dryRun, fieldManager, fieldValidation }));
}

/** Puts an apply's query behind a path. */
export function withApply(path: string, options: ApplyOptions): string {
  return withParameters(path, [...writing(options), ['force', options.force]]);
}

function selected({ labelSelector, fieldSelector }: Selection): readonly Parameter[] {
  return [
    ['labelSelector', labelSelector],
    ['fieldSelector', fieldSelector],
  ];
}

function writing({ dryRun, fieldManager, fieldValidation }: WriteOptions): readonly Parameter[] {
  return [
    ['dryRun', dryRun === true ? 'All' : undefined],
    ['fieldManager', fieldManager],
    ['fieldValidation', fieldValidation],
  ];
}

function withParameters(path: string, parameters: readonly Parameter[]): string {
  const given = parameters.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return given.length === 0 ? path : `${path}?${given.join('&')}`;
}
