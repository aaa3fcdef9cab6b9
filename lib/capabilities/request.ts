// Payload bytes to a checked request, with messages a policy author can act on.

import type { z } from 'zod';

import { isFault } from '../fault.js';
import type { JsonFaultCode } from '../json/json-fault.js';

/** A value, or one sentence about why there is none. */
export type Reading<T> = { readonly kind: 'readable'; readonly value: T } | { readonly kind: 'unreadable'; readonly message: string };

/** What a strict JSON reader came to; its own faults are the guest's doing here, and so are data. */
export function readJson<T>(read: () => T): Reading<T> {
  try {
    return { kind: 'readable', value: read() };
  } catch (error) {
    if (isFault<JsonFaultCode>(error, 'JSON_NOT_UTF8', 'JSON_SYNTAX', 'JSON_TOO_DEEP')) return { kind: 'unreadable', message: error.message };
    throw error;
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
