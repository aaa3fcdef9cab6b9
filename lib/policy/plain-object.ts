// The one question about documents that schemas ask as well as code beside them.

/** Tells whether a value is an object with named members: neither null nor an array. */
export function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
