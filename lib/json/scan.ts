// Finds where the members of one object or array lie in its bytes, so that a part can be passed on exactly as it came.
// Meant for bytes that `decodeJson` accepted: values are skipped, not checked. On other bytes it still ends, inside them.
import { Fault } from '../fault.js';
import { quoted, type JsonFaultCode } from './json-fault.js';

/** A range of bytes: `start` inclusive, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const quote = 0x22;
const comma = 0x2c;
const colon = 0x3a;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;

/**
 * The members of the object that begins at `start` (white space aside): key, unescaped, to the span of its value.
 *
 * @throws {Fault} JSON_DUPLICATE_KEY; JSON_SYNTAX where no object stands or it does not end
 */
export function scanMembers(bytes: Uint8Array, start = 0): ReadonlyMap<string, Span> {
  const members = new Map<string, Span>();
  let at = skipSpace(bytes, after(bytes, skipSpace(bytes, start), openBrace));
  if (bytes[at] === closeBrace) return members;
  for (;;) {
    const keyEnd = endOfString(bytes, at);
    const key = keyOf(bytes, at, keyEnd);
    if (members.has(key)) throw fault('JSON_DUPLICATE_KEY', `the key ${quoted(key)} appears twice in one object, again`, at);
    const valueStart = skipSpace(bytes, after(bytes, skipSpace(bytes, keyEnd), colon));
    const valueEnd = endOfValue(bytes, valueStart);
    members.set(key, { start: valueStart, end: valueEnd });
    at = skipSpace(bytes, valueEnd);
    if (bytes[at] === closeBrace) return members;
    at = skipSpace(bytes, after(bytes, at, comma));
  }
}

/**
 * The elements of the array that begins at `start` (white space aside), as spans in their order.
 *
 * @throws {Fault} JSON_SYNTAX where no array stands or it does not end
 */
export function scanElements(bytes: Uint8Array, start = 0): readonly Span[] {
  const elements: Span[] = [];
  let at = skipSpace(bytes, after(bytes, skipSpace(bytes, start), openBracket));
  if (bytes[at] === closeBracket) return elements;
  for (;;) {
    const end = endOfValue(bytes, at);
    elements.push({ start: at, end });
    const next = skipSpace(bytes, end);
    if (bytes[next] === closeBracket) return elements;
    at = skipSpace(bytes, after(bytes, next, comma));
  }
}

function fault(code: JsonFaultCode, problem: string, offset: number): Fault<JsonFaultCode> {
  return new Fault(code, `cannot read JSON: ${problem} at byte ${offset}`, { context: { offset } });
}

function skipSpace(bytes: Uint8Array, start: number): number {
  let at = start;
  while (isSpace(bytes[at])) at += 1;
  return at;
}

const isSpace = (byte: number | undefined): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;

/** The offset after one expected byte. */
function after(bytes: Uint8Array, at: number, expected: number): number {
  if (bytes[at] !== expected) throw fault('JSON_SYNTAX', `expected '${String.fromCharCode(expected)}'`, at);
  return at + 1;
}

/** The offset after the closing quote of the string that begins at `start`. */
function endOfString(bytes: Uint8Array, start: number): number {
  let at = after(bytes, start, quote);
  while (at < bytes.length) {
    const byte = bytes[at];
    if (byte === quote) return at + 1;
    at += byte === backslash ? 2 : 1;
  }
  throw fault('JSON_SYNTAX', 'found a string without an end', start);
}

/** What a key stands for; two spellings of one key are one key. */
function keyOf(bytes: Uint8Array, start: number, end: number): string {
  try {
    const raw = decoder.decode(bytes.subarray(start + 1, end - 1));
    return raw.includes('\\') ? String(JSON.parse(`"${raw}"`)) : raw;
  } catch {
    throw fault('JSON_SYNTAX', 'found a key that is no JSON string', start);
  }
}

function endOfValue(bytes: Uint8Array, start: number): number {
  const first = bytes[start];
  if (first === quote) return endOfString(bytes, start);
  if (first === openBrace || first === openBracket) return endOfNested(bytes, start);
  let at = start;
  while (at < bytes.length && !endsScalar(bytes[at])) at += 1;
  if (at === start) throw fault('JSON_SYNTAX', 'expected a value', start);
  return at;
}

const endsScalar = (byte: number | undefined): boolean => byte === comma || byte === closeBrace || byte === closeBracket || isSpace(byte);

/** The offset after the bracket that closes the one at `start`; counts levels and keeps no stack, so depth costs nothing. */
function endOfNested(bytes: Uint8Array, start: number): number {
  let depth = 0;
  let at = start;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === quote) {
      at = endOfString(bytes, at);
      continue;
    }
    at += 1;
    // '[' and '{' differ in one bit, as do ']' and '}'.
    if ((byte | 0x20) === openBrace) depth += 1;
    else if ((byte | 0x20) === closeBrace) depth -= 1;
    if (depth === 0) return at;
  }
  throw fault('JSON_SYNTAX', 'found an array or object without an end', start);
}
