// Settings as the guest gets them. Separate from lib/json: settings come from YAML or an embedder as JavaScript values, with
// big integers as `bigint`, which JSON.stringify refuses.
import { Fault, messageOf } from '../fault.js';
import { maxNesting } from '../json/lossless.js';

import type { Settings } from './definition.js';

/** `validate` puts the settings into an object, and a policy's parser need not read deeper than the reference's. */
const maxLevels = maxNesting - 1;

/**
 * Settings as JSON bytes; integers of any size keep their digits.
 *
 * @throws {Fault} `POLICIES_INVALID` for what no policy could read: without a JSON form, or nested too deep
 */
export function encodeSettings(settings: Settings): Uint8Array {
  try {
    return new TextEncoder().encode(formatValue(settings, maxLevels));
  } catch (thrown) {
    throw new Fault('POLICIES_INVALID', `could not marshal settings: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** Writes one value; `room` is how many levels may still be opened, which also ends a value that holds itself. */
function formatValue(value: unknown, room: number): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'undefined':
      return 'null';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
      return JSON.stringify(value);
    case 'string':
      return formatText(value);
    case 'boolean':
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : formatComposite(value, room);
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}

function formatText(text: string): string {
  if (/\p{Surrogate}/u.test(text)) throw new TypeError('a text holds half a surrogate pair, which is no character');
  return JSON.stringify(text);
}

function formatComposite(value: object, room: number): string {
  if (room === 0) throw new TypeError(`they are nested more than ${maxLevels} levels deep`);
  // Not `map`, which passes over holes.
  if (Array.isArray(value)) return `[${Array.from(value, (item) => formatValue(item, room - 1)).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw new TypeError(`JSON has no ${value.constructor.name}`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${formatText(key)}:${formatValue(member, room - 1)}`).join(',')}}`;
}
