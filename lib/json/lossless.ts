// JSON without loss: numbers keep their text, objects are maps (a `__proto__` key is just a key). For comparing and
// re-writing what others wrote; where a double will do, decode.ts is many times faster.
import { jsonFault } from './json-fault.js';
import { JsonNumber, sameNumber } from './json-number.js';
import { sortedKeys } from './key-order.js';
import { TextCursor } from './text-cursor.js';

/** A JSON document in which nothing is lost but white space, the order of keys, and all but the last of duplicate keys. */
export type Lossless = null | boolean | string | JsonNumber | readonly Lossless[] | ReadonlyMap<string, Lossless>;

/** Levels of nesting that are read: serde_json, the reference's parser, refuses the 128th. */
export const maxNesting = 127;

/** How a document may be shaped. */
export interface ReadingLimits {
  /** Levels of arrays and objects, `maxNesting` unless told; reading takes a call frame for each. */
  readonly maxDepth?: number;
}

/** Tells whether a value is an array; the built-in guard does not know readonly arrays. */
export function isList(value: Lossless): value is readonly Lossless[] {
  return Array.isArray(value);
}

/** Tells whether a value is an object. */
export function isMap(value: Lossless): value is ReadonlyMap<string, Lossless> {
  return value instanceof Map;
}

/**
 * Reads one JSON document; of duplicate keys the last one counts, as in the reference.
 *
 * @throws {Fault} JSON_SYNTAX, JSON_TOO_DEEP
 */
export function parseLossless(text: string, limits: ReadingLimits = {}): Lossless {
  const cursor = new TextCursor(text);
  const value = readValue(cursor, limits.maxDepth ?? maxNesting);
  if (cursor.peek() !== '') cursor.fail('the end of the document');
  return value;
}

/** Writes a value without white space, with keys in UTF-8 order and numbers as they were read. */
export function formatLossless(value: Lossless): string {
  if (value instanceof JsonNumber) return value.text;
  if (isList(value)) return `[${value.map(formatLossless).join(',')}]`;
  if (isMap(value)) {
    const members = sortedKeys(value).map((key) => `${JSON.stringify(key)}:${formatLossless(value.get(key) ?? null)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value);
}

/** Tells whether two documents mean the same: order of keys is nothing, and `1` is not `1.0`. */
export function sameValue(a: Lossless, b: Lossless): boolean {
  if (a instanceof JsonNumber) return b instanceof JsonNumber && sameNumber(a, b);
  if (isList(a)) return isList(b) && a.length === b.length && a.every((item, index) => sameValue(item, b[index] ?? null));
  if (isMap(a)) return isMap(b) && a.size === b.size && [...a].every(([key, item]) => b.has(key) && sameValue(item, b.get(key) ?? null));
  return a === b;
}

/** Reads one value; `room` is how many levels may still be opened. */
function readValue(cursor: TextCursor, room: number): Lossless {
  switch (cursor.peek()) {
    case '{':
      return readObject(cursor, enter(cursor, room));
    case '[':
      return readArray(cursor, enter(cursor, room));
    case '"':
      return cursor.takeString();
    case 't':
      cursor.takeWord('true');
      return true;
    case 'f':
      cursor.takeWord('false');
      return false;
    case 'n':
      cursor.takeWord('null');
      return null;
    default:
      return new JsonNumber(cursor.takeNumber());
  }
}

/** Opens an array or object, if there is room for one. */
function enter(cursor: TextCursor, room: number): number {
  if (room <= 0) throw jsonFault('JSON_TOO_DEEP', 'too many nested arrays and objects', cursor.text, cursor.offset);
  cursor.offset += 1;
  return room - 1;
}

function readArray(cursor: TextCursor, room: number): Lossless {
  const items: Lossless[] = [];
  if (cursor.peek() !== ']') {
    for (;;) {
      items.push(readValue(cursor, room));
      const next = cursor.peek();
      if (next === ']') break;
      if (next !== ',') cursor.fail("',' or ']'");
      cursor.offset += 1;
    }
  }
  cursor.offset += 1;
  return items;
}

function readObject(cursor: TextCursor, room: number): Lossless {
  const members = new Map<string, Lossless>();
  if (cursor.peek() !== '}') {
    for (;;) {
      cursor.peek();
      const key = cursor.takeString();
      cursor.take(':');
      members.set(key, readValue(cursor, room));
      const next = cursor.peek();
      if (next === '}') break;
      if (next !== ',') cursor.fail("',' or '}'");
      cursor.offset += 1;
    }
  }
  cursor.offset += 1;
  return members;
}
