// Listing a collection page by page. All pages show the same moment; when the API server has forgotten that moment, the
// listing starts over.
import { isFault } from '../fault.js';
import { invalidAnswer } from './api-fault.js';
import { type ApiObject, type ObjectList, objectListOf } from './api-object.js';
import { type Selection, withPage } from './query.js';
import { type CollectionAddress, collectionPath, shownAddress } from './resource.js';
import type { CallOptions, Rest } from './rest.js';

/** What to list, and how. */
export interface ListOptions extends Selection, CallOptions {
  /** Most objects in one page; 500 when absent. */
  readonly pageSize?: number | undefined;
}

/** One page of a listing. */
export interface ListPage extends ObjectList {
  /** True for the first page, and again when the listing started over: what came before does not count. */
  readonly first: boolean;
}

const defaultPageSize = 500;

/** How often a listing starts over before it asks for everything in one answer, which cannot be forgotten half-way. */
const maxRestarts = 2;

/**
 * Yields the pages of a collection.
 *
 * A page that is larger than an answer may be is asked for again with half as many objects.
 *
 * @throws {Fault} what the API server answers; `KUBERNETES_ANSWER_TOO_LARGE` when a single object is
 */
export async function* listPages(rest: Rest, address: CollectionAddress, options: ListOptions = {}): AsyncGenerator<ListPage> {
  let position: Position = { limit: options.pageSize ?? defaultPageSize, continueToken: '', restarts: 0 };
  for (;;) {
    let list: ObjectList;
    try {
      list = await getPage(rest, address, { ...options, ...position });
    } catch (error) {
      position = positionAfter(error, position);
      continue;
    }
    yield { ...list, first: position.continueToken === '' };
    if (list.continueToken === '') return;
    position = { ...position, continueToken: list.continueToken };
  }
}

/** Where a listing stands. */
interface Position {
  readonly limit: number | undefined;
  readonly continueToken: string;
  readonly restarts: number;
}

/** Where a listing goes on after a page failed; throws where it cannot. */
function positionAfter(error: unknown, position: Position): Position {
  const { limit, continueToken, restarts } = position;
  if (isFault(error, 'KUBERNETES_ANSWER_TOO_LARGE') && limit !== undefined && limit > 1) return { ...position, limit: Math.floor(limit / 2) };
  if (isFault(error, 'KUBERNETES_GONE') && continueToken !== '') return { limit: restarts < maxRestarts ? limit : undefined, continueToken: '', restarts: restarts + 1 };
  throw error;
}

/** Lists a whole collection. */
export async function listAll(rest: Rest, address: CollectionAddress, options: ListOptions = {}): Promise<ObjectList> {
  let items: ApiObject[] = [];
  let resourceVersion = '';
  for await (const page of listPages(rest, address, options)) {
    if (page.first) items = [];
    items.push(...page.items);
    resourceVersion = page.resourceVersion;
  }
  return { items, resourceVersion, continueToken: '' };
}

async function getPage(rest: Rest, address: CollectionAddress, options: ListOptions & { readonly limit: number | undefined; readonly continueToken: string }): Promise<ObjectList> {
  const attempted = `list ${shownAddress(address)}`;
  const list = objectListOf(await rest.json({ attempted, method: 'GET', path: withPage(collectionPath(address), options) }, options));
  if (list === undefined) throw invalidAnswer(attempted, 'is no list of objects');
  return list;
}
