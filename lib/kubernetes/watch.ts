// Watching a collection: one request, events until it ends. Going on afterwards is reflector.ts.
import { isFault } from '../fault.js';
import { answerFault, failedOperation, invalidAnswer } from './api-fault.js';
import { type ApiObject, isApiObject, isJsonObject } from './api-object.js';
import { type Selection, withWatch } from './query.js';
import { type CollectionAddress, collectionPath, shownAddress } from './resource.js';
import { parsedJson, type Rest } from './rest.js';
import { linesOf } from './watch-lines.js';

/** What a watch tells. */
export type WatchEvent =
  | { readonly kind: 'added' | 'modified' | 'deleted'; readonly object: ApiObject }
  /** Nothing of interest happened up to this version. */
  | { readonly kind: 'bookmark'; readonly resourceVersion: string };

/** What to watch. */
export interface WatchOptions extends Selection {
  /** Events after this version are told. */
  readonly resourceVersion: string;
  /** When the server ends the watch, in seconds. */
  readonly timeoutSeconds: number;
  readonly signal: AbortSignal;
}

const kinds: Readonly<Record<string, 'added' | 'modified' | 'deleted'>> = { ADDED: 'added', MODIFIED: 'modified', DELETED: 'deleted' };

/**
 * Yields events until the server ends the watch.
 *
 * @throws {Fault} `KUBERNETES_GONE` when the version is too old, `KUBERNETES_TIMEOUT` after a silence, `KUBERNETES_INTERRUPTED`
 */
export async function* watchCollection(rest: Rest, address: CollectionAddress, options: WatchOptions): AsyncGenerator<WatchEvent> {
  const attempted = `watch ${shownAddress(address)}`;
  const chunks = rest.stream({ attempted, method: 'GET', path: withWatch(collectionPath(address), options) }, options.signal);
  try {
    for await (const line of linesOf(chunks, rest.settings.maxAnswerBytes)) yield eventOf(attempted, line);
  } catch (error) {
    throw isFault(error) ? failedOperation(attempted, error) : error;
  }
}

function eventOf(attempted: string, line: Uint8Array): WatchEvent {
  const event = parsedJson(attempted, line);
  if (!isJsonObject(event)) throw invalidAnswer(attempted, 'holds an event that is no object');
  const { type, object } = event;
  if (type === 'ERROR') throw answerFault(attempted, { httpStatus: isJsonObject(object) && typeof object['code'] === 'number' ? object['code'] : 500, body: object }, 0);
  if (type === 'BOOKMARK') return { kind: 'bookmark', resourceVersion: versionOf(attempted, object) };
  const kind = typeof type === 'string' && Object.hasOwn(kinds, type) ? kinds[type] : undefined;
  if (kind === undefined || !isApiObject(object)) throw invalidAnswer(attempted, `holds an event of type ${JSON.stringify(type)} that cannot be read`);
  return { kind, object };
}

/** A bookmark has the shape of an object, without a name. */
function versionOf(attempted: string, object: unknown): string {
  const metadata = isJsonObject(object) ? object['metadata'] : undefined;
  const version = isJsonObject(metadata) ? metadata['resourceVersion'] : undefined;
  if (typeof version !== 'string') throw invalidAnswer(attempted, 'holds a bookmark without a version');
  return version;
}
