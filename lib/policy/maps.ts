// Schemas of maps whose keys are anybody's to choose. `z.record` copies a map, and drops a key named `__proto__` on the way,
// unchecked; these take a map as it is.
import { z } from 'zod';

import { isPlainObject } from './plain-object.js';

/** A map of anything. */
export const anyMap = (problem: string): z.ZodType<Readonly<Record<string, unknown>>> => z.custom<Readonly<Record<string, unknown>>>(isPlainObject, problem);

/** A map of texts. */
export const textMap: z.ZodType<Readonly<Record<string, string>>> = z.custom<Readonly<Record<string, string>>>().superRefine((map: unknown, context) => {
  if (!isPlainObject(map)) return context.addIssue({ code: 'invalid_type', expected: 'record', input: map });
  for (const [key, value] of Object.entries(map)) {
    if (typeof value !== 'string') context.addIssue({ code: 'invalid_type', expected: 'string', input: value, path: [key] });
  }
});
