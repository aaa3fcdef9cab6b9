// Bytes to JSON and back. `JSON.parse` does the work; what it would let pass or overflow on is judged by the strict
// parser of lossless.ts first. The bytes of single members are found by scan.ts.
import { Fault, messageOf } from '../fault.js';
import { jsonFault, type JsonFaultCode } from './json-fault.js';
import type { JsonValue } from './json-value.js';
import { maxNesting, parseLossless, type ReadingLimits } from './lossless.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/** A run of number characters longer than this may lie beyond a double's range without an exponent. */
const plainNumberLength = 300;

/**
 * Strict UTF-8: a malformed sequence is refused, and so is a byte order mark.
 *
 * @throws {Fault} JSON_NOT_UTF8, JSON_SYNTAX for the mark
 */
export function decodeText(bytes: Uint8Array): string {
  let text: string;
  try {
    text = decoder.decode(bytes);
  } catch (error) {
    throw new Fault<JsonFaultCode>('JSON_NOT_UTF8', `cannot read text: its ${bytes.length} bytes are not well-formed UTF-8`, { cause: error });
  }
  if (text.startsWith('\ufeff')) throw jsonFault('JSON_SYNTAX', 'found a byte order mark', text, 0);
  return text;
}

/**
 * Reads exactly one JSON document; of duplicate keys the last one counts.
 *
 * Refused although `JSON.parse` takes them: nesting beyond the limit, half surrogate pairs, numbers beyond a double.
 *
 * @throws {Fault} JSON_NOT_UTF8, JSON_SYNTAX, JSON_TOO_DEEP
 */
export function decodeJson(bytes: Uint8Array, limits: ReadingLimits = {}): JsonValue {
  const text = decodeText(bytes);
  if (needsJudging(bytes, limits.maxDepth ?? maxNesting)) parseLossless(text, limits);
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    parseLossless(text, limits);
    throw new Error(`the strict parser accepts what JSON.parse refuses: ${messageOf(error)}`, { cause: error });
  }
}

/** Writes a JSON document as UTF-8 without white space; keys stay in their order. */
export function encodeJson(value: JsonValue): Uint8Array<ArrayBuffer> {
  return encoder.encode(JSON.stringify(value));
}

/** Tells whether the text holds anything on which `JSON.parse` is laxer than the strict parser. */
function needsJudging(bytes: Uint8Array, maxDepth: number): boolean {
  let depth = 0;
  let at = 0;
  while (at < bytes.length) {
    const byte = bytes[at] ?? 0;
    if (byte === 0x22) at = endOfPlainString(bytes, at);
    else if (byte >= 0x30 && byte <= 0x39) at = endOfPlainNumber(bytes, at);
    else {
      at += 1;
      // '[' and '{' differ in one bit, as do ']' and '}'.
      if ((byte | 0x20) === 0x7b) depth += 1;
      else if ((byte | 0x20) === 0x7d) depth -= 1;
    }
    if (at < 0 || depth > maxDepth) return true;
  }
  return false;
}

/** The offset after a string's closing quote, or -1 if it holds an escaped surrogate or does not end. */
function endOfPlainString(bytes: Uint8Array, start: number): number {
  for (let at = start + 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x22) return at + 1;
    if (byte === 0x5c) {
      at += 1;
      if (bytes[at] === 0x75 && ((bytes[at + 1] ?? 0) | 0x20) === 0x64) return -1;
    }
  }
  return -1;
}

/** The offset after a number, or -1 if only arithmetic can tell whether a double holds it. */
function endOfPlainNumber(bytes: Uint8Array, start: number): number {
  let at = start;
  for (; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if ((byte | 0x20) === 0x65) return -1;
    if (byte !== 0x2e && (byte < 0x30 || byte > 0x39)) break;
  }
  return at - start > plainNumberLength ? -1 : at;
}
