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
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(formatValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatValue(member)}`).join(',')}}`;
}
