// How schema problems are told.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';
import { z } from 'zod';

import { fieldProblems, formatFieldProblems } from '../../../lib/policy/field-problems.js';

const problems = suite('policy/field-problems');

const schema = z.object({ a: z.string(), list: z.array(z.object({ b: z.number() })), mode: z.enum(['x', 'y']).optional() });

function told(document: unknown): string {
  const parsed = schema.safeParse(document);
  return parsed.success ? 'fine' : formatFieldProblems(fieldProblems(parsed.error));
}

const cases: readonly (readonly [string, unknown, string])[] = [
  ['a missing field is told of its object', { list: [] }, 'missing field `a`'],
  ['a missing field inside is told with the path of its object', { a: '', list: [{ b: 1 }, {}] }, 'list.1: missing field `b`'],
  ['a wrong type is told with its path', { a: '', list: [{ b: 'x' }] }, 'list.0.b: expected number, received string'],
  ['null is a wrong type', { a: null, list: [] }, 'a: expected string, received null'],
  ['a wrong document has no path', 7, 'expected object, received number'],
  ['no document has no path either', undefined, 'expected object, received undefined'],
  ['several problems make one line', { list: 3, mode: 'z' }, 'missing field `a`; list: expected array, received number; mode: Invalid option: expected one of "x"|"y"'],
];
for (const [title, document, expected] of cases) problems(title, () => assert.is(told(document), expected));

problems.run();
