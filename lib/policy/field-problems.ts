// How schema problems are told: the path, what was found, what was expected, in one line each.
import type { z } from 'zod';

/** One problem of a document: where, and what is wrong there. */
export interface FieldProblem {
  /** Dotted path from the document's root; empty for the root itself. */
  readonly path: string;
  readonly message: string;
}

/** The problems of a failed parse, in document order. */
export function fieldProblems(error: z.ZodError): readonly FieldProblem[] {
  return error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: messageOfIssue(issue) }));
}

/** Problems as one line: `path: message; path: message`. */
export function formatFieldProblems(problems: readonly FieldProblem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

function messageOfIssue(issue: z.core.$ZodIssue): string {
  // A missing field shows up as an invalid type whose input is undefined.
  if (issue.code === 'invalid_type' && /received undefined$/.test(issue.message)) return `missing field \`${issue.path.slice(-1).map(String).join('')}\``;
  return issue.message.replace(/^Invalid input: /, '');
}
