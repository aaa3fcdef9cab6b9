// Follows a collection: list, then watch, and list again whenever the watch cannot go on.

import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { ApiClient } from './client.js';
import type { ApiList, ApiObject } from './objects.js';

/** One change to a followed collection. A listing reports everything that exists as `present`. */
export type Change<Item> = { readonly kind: 'present' | 'gone'; readonly object: Item };

/** What to follow and whom to tell. */
export interface WatchOptions<Item> {
  readonly client: ApiClient;
  readonly path: string;
  /** Field and label selectors, without the leading question mark. */
  readonly query?: string;
  readonly onChange: (change: Change<Item>) => void;
  /** Called after each complete listing. */
  readonly onListed?: () => void;
  readonly signal: AbortSignal;
}

/** Pause before a new attempt after a failure, in milliseconds. */
const RETRY_MS = 500;

/** Server-side limit of one watch request, in seconds. */
const WATCH_SECONDS = 300;

/** Follows a collection until the signal aborts; failures are retried for ever. */
export async function watchCollection<Item extends ApiObject>(options: WatchOptions<Item>): Promise<void> {
  const known = new Map<string, Item>();
  while (!options.signal.aborted) {
    try {
      await watchFrom(await listInto(known, options), known, options);
    } catch {
      // An unreachable server, an expired resource version (410) and a cut stream all end in a new listing.
      await delay(RETRY_MS, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}

/** Lists the collection, reports the differences to what was known, and returns the list's resource version. */
async function listInto<Item extends ApiObject>(known: Map<string, Item>, options: WatchOptions<Item>): Promise<string> {
  const list = await options.client.get<ApiList<Item>>(withQuery(options.path, options.query ?? ''));
  const present = new Set(list.items.map((item) => item.metadata.uid));
  for (const [uid, object] of known) {
    if (present.has(uid)) continue;
    known.delete(uid);
    options.onChange({ kind: 'gone', object });
  }
  for (const object of list.items) {
    known.set(object.metadata.uid, object);
    options.onChange({ kind: 'present', object });
  }
  options.onListed?.();
  return list.metadata.resourceVersion;
}

/** Watches from a resource version until the server ends the stream or an error arrives. */
async function watchFrom<Item extends ApiObject>(version: string, known: Map<string, Item>, options: WatchOptions<Item>): Promise<void> {
  let from = version;
  while (!options.signal.aborted) {
    const query = `${options.query ?? ''}&watch=true&allowWatchBookmarks=true&timeoutSeconds=${WATCH_SECONDS}&resourceVersion=${from}`;
    const stream = await options.client.open('GET', withQuery(options.path, query), { signal: options.signal });
    for await (const line of createInterface({ input: stream })) {
      const event = JSON.parse(line) as { type: string; object: Item };
      if (event.type === 'ERROR') throw new Error(`watch of ${options.path} ended: ${line}`);
      from = event.object.metadata.resourceVersion;
      if (event.type !== 'BOOKMARK') report(event.type, event.object, known, options);
    }
  }
}

function report<Item extends ApiObject>(type: string, object: Item, known: Map<string, Item>, options: WatchOptions<Item>): void {
  if (type === 'DELETED') known.delete(object.metadata.uid);
  else known.set(object.metadata.uid, object);
  options.onChange({ kind: type === 'DELETED' ? 'gone' : 'present', object });
}

function withQuery(path: string, query: string): string {
  const trimmed = query.replace(/^&/, '');
  return trimmed === '' ? path : `${path}?${trimmed}`;
}
