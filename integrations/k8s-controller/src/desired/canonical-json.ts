// JSON with sorted keys: the same value is the same text.

/** The text of a value, keys sorted; what JSON cannot hold is left out as `JSON.stringify` does. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(sorted(value));
}

/** An array of pairs would keep `__proto__`, which an object literal would swallow. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, sorted(member)]));
}
