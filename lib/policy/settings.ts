// Settings as the guest gets them. Separate from lib/json: settings come from YAML or an embedder as JavaScript values, with
// big integers as `bigint`, which JSON.stringify refuses.
import { Fault, messageOf } from '../fault.js';

import type { Settings } from './definition.js';

/**
 * Settings as JSON bytes; integers of any size keep their digits.
 *
 * @throws {Fault} `POLICIES_INVALID` for what has no JSON form, such as a value that holds itself
 */
export function encodeSettings(settings: Settings): Uint8Array {
  try {
    return new TextEncoder().encode(formatValue(settings));
  } catch (thrown) {
    throw new Fault('POLICIES_INVALID', `could not marshal settings: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function formatValue(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return value.toString();
    case 'undefined':
      return 'null';
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError(`JSON has no number ${value}`);
      return JSON.stringify(value);
    case 'string':
    case 'boolean':
      return JSON.stringify(value);
    case 'object':
      return value === null ? 'null' : formatComposite(value);
    default:
      throw new TypeError(`JSON has no ${typeof value}`);
  }
}

function formatComposite(value: object): string {
  if (Array.isArray(value)) return `[${value.map(formatValue).join(',')}]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) throw new TypeError(`JSON has no ${value.constructor.name}`);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatValue(member)}`).join(',')}}`;
}
