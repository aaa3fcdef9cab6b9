// How schema problems are told: the path, what was found, what was expected, in one line each.
import type { z } from 'zod';

/** One problem of a document: where, and what is wrong there. */
export interface FieldProblem {
  /** Dotted path from the document's root; empty for the root itself. */
  readonly path: string;
  readonly message: string;
}

/** The problems of a failed parse, in document order; what is missing is told of the object that should have it. */
export function fieldProblems(error: z.ZodError): readonly FieldProblem[] {
  return error.issues.map((issue) => {
    const missing = isMissing(issue) ? issue.path.at(-1) : undefined;
    if (missing === undefined) return { path: formatPath(issue.path), message: issue.message.replace(/^Invalid input: /, '') };
    return { path: formatPath(issue.path.slice(0, -1)), message: `missing field \`${String(missing)}\`` };
  });
}

/** Problems as one line: `path: message; path: message`. */
export function formatFieldProblems(problems: readonly FieldProblem[]): string {
  return problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.map(String).join('.');
}

/** A missing field shows up as an invalid type whose input is undefined. */
function isMissing(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.message.endsWith('received undefined');
}
