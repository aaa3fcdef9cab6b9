// Settings as the guest gets them. Separate from lib/json: settings come from YAML as JavaScript values, with big integers
// as `bigint`, which JSON.stringify refuses.
import type { Settings } from './definition.js';

/** Settings as JSON bytes; integers of any size keep their digits. */
export function encodeSettings(settings: Settings): Uint8Array {
  return new TextEncoder().encode(formatValue(settings));
}

function formatValue(value: unknown): string {
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return `[${value.map(formatValue).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${formatValue(member)}`).join(',')}}`;
}
