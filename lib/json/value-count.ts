// How much there is to read in a text, before anything is made of it: reading takes memory and time by the value, not by the byte.
import { Fault } from '../fault.js';
import type { JsonFaultCode } from './json-fault.js';

/**
 * Refuses a text with more values than may be read; arrays and objects, keys aside, count like what they hold.
 *
 * @throws {Fault} JSON_TOO_MANY_VALUES
 */
export function assertValueCount(bytes: Uint8Array, most: number): void {
  // A value takes a byte, and all but the last are followed by another one.
  if (bytes.length < most * 2) return;
  if (countValues(bytes, most) > most) throw new Fault<JsonFaultCode>('JSON_TOO_MANY_VALUES', `cannot read JSON: it holds more than ${most} values`);
}

/** Counts values of a well-formed text, up to one more than `most`; of another text, something of the same order. */
function countValues(bytes: Uint8Array, most: number): number {
  let count = 1;
  let isInString = false;
  for (let at = 0; at < bytes.length && count <= most; at += 1) {
    const byte = bytes[at] ?? 0;
    if (isInString) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) isInString = false;
    } else if (byte === 0x22) isInString = true;
    else if (byte === 0x2c || (opens(byte) && !closesAtOnce(bytes, at))) count += 1;
  }
  return count;
}

/** '[' and '{' differ in one bit. */
const opens = (byte: number): boolean => (byte | 0x20) === 0x7b;

/** Whether what is opened holds nothing. */
function closesAtOnce(bytes: Uint8Array, at: number): boolean {
  let next = at + 1;
  while (bytes[next] === 0x20 || bytes[next] === 0x0a || bytes[next] === 0x0d || bytes[next] === 0x09) next += 1;
  return ((bytes[next] ?? 0) | 0x20) === 0x7d;
}
