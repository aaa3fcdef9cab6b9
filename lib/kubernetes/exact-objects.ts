// Objects with the very bytes that the API server wrote, for whoever hands them on: parsing and writing anew would round
// integers beyond 2^53. Meant for going through large collections, so a listing that the API server has forgotten goes on
// behind what was seen already instead of starting over; pages of one moment are pages.ts.
import { isFault } from '../fault.js';
import { scanElements, scanMembers, type Span } from '../json/scan.js';
import { invalidAnswer } from './api-fault.js';
import { type ApiObject, isApiObject, isJsonObject } from './api-object.js';
import type { ReadOptions } from './objects.js';
import type { ListOptions } from './pages.js';
import { withPage } from './query.js';
import { type CollectionAddress, collectionPath, type ObjectAddress, objectPath, shownAddress } from './resource.js';
import { parsedJson, type Rest } from './rest.js';

/** An object, and its JSON with `apiVersion` and `kind`. */
export interface ExactObject {
  readonly object: ApiObject;
  /** May be a view of a whole page: copy what is to stay. */
  readonly bytes: Uint8Array;
}

/** One page of a listing. */
export interface ExactPage {
  readonly items: readonly ExactObject[];
  /** Where the rest begins; empty when there is no rest. */
  readonly continueToken: string;
}

/** What to list, and where to begin. */
export interface ExactListOptions extends ListOptions {
  /** The `continueToken` of a page, to go on behind it; at the start when absent. */
  readonly continueToken?: string | undefined;
}

const defaultPageSize = 500;

/** How often in a row a listing is begun anew when the API server does not say where it could go on. */
const maxRestarts = 3;

const encoder = new TextEncoder();

/** Reads an object. */
export async function getExact(rest: Rest, address: ObjectAddress, options: ReadOptions = {}): Promise<ExactObject> {
  const attempted = `get ${shownAddress(address, options.subresource)}`;
  const bytes = await rest.bytes({ attempted, method: 'GET', path: objectPath(address, options.subresource) }, options);
  const object = parsedJson(attempted, bytes);
  if (!isApiObject(object)) throw invalidAnswer(attempted, 'is no object with apiVersion, kind and a name');
  return { object, bytes };
}

/**
 * Yields the pages of a collection.
 *
 * What is there all the time comes once. When the API server has forgotten the moment of the first page, the listing goes
 * on at a later one; when it cannot say where, the listing begins anew and objects come again. A page that is larger than
 * an answer may be is asked for with half as many objects.
 *
 * @throws {Fault} what the API server answers; `KUBERNETES_ANSWER_TOO_LARGE` when a single object is
 */
export async function* listExact(rest: Rest, address: CollectionAddress, options: ExactListOptions = {}): AsyncGenerator<ExactPage> {
  let position: Position = { limit: options.pageSize ?? defaultPageSize, continueToken: options.continueToken ?? '', restarts: 0 };
  for (;;) {
    let page: ExactPage;
    try {
      page = await getPage(rest, address, { ...options, ...position });
    } catch (error) {
      position = positionAfter(error, position);
      continue;
    }
    yield page;
    if (page.continueToken === '') return;
    position = { ...position, continueToken: page.continueToken };
  }
}

/** Where a listing stands. */
interface Position {
  readonly limit: number;
  readonly continueToken: string;
  readonly restarts: number;
}

function positionAfter(error: unknown, position: Position): Position {
  const { limit, continueToken, restarts } = position;
  if (isFault(error, 'KUBERNETES_ANSWER_TOO_LARGE') && limit > 1) return { ...position, limit: Math.floor(limit / 2) };
  if (!isFault(error, 'KUBERNETES_GONE') || continueToken === '') throw error;
  const later = error.context['continueToken'];
  if (typeof later === 'string' && later !== continueToken) return { ...position, continueToken: later };
  if (restarts === maxRestarts) throw error;
  return { limit, continueToken: '', restarts: restarts + 1 };
}

async function getPage(rest: Rest, address: CollectionAddress, options: ListOptions & Position): Promise<ExactPage> {
  const attempted = `list ${shownAddress(address)}`;
  const bytes = await rest.bytes({ attempted, method: 'GET', path: withPage(collectionPath(address), options) }, options);
  const page = pageOf(attempted, bytes);
  if (page === undefined) throw invalidAnswer(attempted, 'is no list of objects');
  return page;
}

/** Takes a list apart without parsing it as a whole; undefined when it is none. */
function pageOf(attempted: string, bytes: Uint8Array): ExactPage | undefined {
  try {
    const members = scanMembers(bytes);
    const valueOf = (name: string): unknown => valueAt(attempted, bytes, members.get(name));
    const [apiVersion, kind, metadata] = ['apiVersion', 'kind', 'metadata'].map(valueOf);
    if (typeof apiVersion !== 'string' || typeof kind !== 'string' || !kind.endsWith('List') || !isJsonObject(metadata)) return undefined;
    const { continue: continueToken = '' } = metadata;
    const items = members.get('items');
    const spans = items === undefined || valueIsNull(bytes, items) ? [] : scanElements(bytes, items.start);
    const objects = spans.map((span) => itemOf(attempted, bytes.subarray(span.start, span.end), { apiVersion, kind: kind.slice(0, -'List'.length) }));
    return typeof continueToken === 'string' ? { items: objects, continueToken } : undefined;
  } catch (error) {
    if (isFault(error, 'JSON_SYNTAX', 'JSON_DUPLICATE_KEY')) return undefined;
    throw error;
  }
}

function valueAt(attempted: string, bytes: Uint8Array, span: Span | undefined): unknown {
  return span === undefined ? undefined : parsedJson(attempted, bytes.subarray(span.start, span.end));
}

/** A list without items may say `null`. */
function valueIsNull(bytes: Uint8Array, { start }: Span): boolean {
  return bytes[start] === 'n'.charCodeAt(0);
}

/** Items of built-in kinds come without `apiVersion` and `kind`, which the list says for all of them: they are put in front. */
function itemOf(attempted: string, bytes: Uint8Array, identity: { readonly apiVersion: string; readonly kind: string }): ExactObject {
  const value = parsedJson(attempted, bytes);
  if (isApiObject(value)) return { object: value, bytes };
  const object = isJsonObject(value) ? { ...identity, ...value } : value;
  if (!isApiObject(object)) throw invalidAnswer(attempted, 'holds an item that is no object with a name');
  return { object, bytes: withMembers(identity, bytes) };
}

/** The bytes of an object with members in front of its own, of which it has one at least. */
function withMembers(members: object, bytes: Uint8Array): Uint8Array {
  const front = encoder.encode(`${JSON.stringify(members).slice(0, -1)},`);
  const own = bytes.subarray(bytes.indexOf('{'.charCodeAt(0)) + 1);
  const joined = new Uint8Array(front.byteLength + own.byteLength);
  joined.set(front);
  joined.set(own, front.byteLength);
  return joined;
}
