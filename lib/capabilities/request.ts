// Payload bytes to a checked request, with messages a policy author can act on.

import type { z } from 'zod';

/** A value, or one sentence about why there is none. */
export type Reading<T> = { readonly kind: 'readable'; readonly value: T } | { readonly kind: 'unreadable'; readonly message: string };

/** Reads UTF-8 JSON strictly: invalid UTF-8, a byte order mark and trailing bytes are unreadable. */
export function readJson(payload: Uint8Array): Reading<unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload);
    return { kind: 'readable', value: JSON.parse(text) as unknown };
  } catch (error) {
    return { kind: 'unreadable', message: error instanceof SyntaxError ? `the payload is not JSON: ${error.message}` : 'the payload is not UTF-8' };
  }
}

/** Checks a decoded payload against a schema; only the first problem is told. */
export function readRequest<T>(schema: z.ZodType<T>, document: unknown): Reading<T> {
  const result = schema.safeParse(document);
  if (result.success) return { kind: 'readable', value: result.data };
  const [issue] = result.error.issues;
  return { kind: 'unreadable', message: issue === undefined ? 'the payload is not valid' : describeIssue(issue, document) };
}

function describeIssue(issue: z.core.$ZodIssue, document: unknown): string {
  const last = issue.path.at(-1);
  // The wording of the reference's JSON reader, which guests' tests may look for.
  if (typeof last === 'string' && isMissing(document, issue.path)) return `missing field \`${last}\``;
  const where = issue.path.map(String).join('.');
  return where === '' ? issue.message : `${where}: ${issue.message}`;
}

function isMissing(document: unknown, path: readonly PropertyKey[]): boolean {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null) return false;
    value = Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
  }
  return value === undefined;
}
