// What is wrong with a field, and how Kubernetes tells it: message and causes of an answer with the reason `Invalid`.

/** Kubernetes' words for what can be wrong with a field. */
const wordings = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueTooMany: 'Too many',
  InternalError: 'Internal error',
} as const;

/** One wrong field. */
export interface FieldError {
  readonly reason: keyof typeof wordings;
  /** Path such as `spec.rules[0].operations`. */
  readonly field: string;
  /** The value that was found, where Kubernetes shows it. */
  readonly value?: string | number | boolean;
  /** What is wrong; may be empty. */
  readonly detail: string;
}

/** A value is missing. */
export const required = (field: string, detail = ''): FieldError => ({ reason: 'FieldValueRequired', field, detail });

/** A value is not as it must be. */
export const invalid = (field: string, value: string | number | boolean, detail: string): FieldError => ({ reason: 'FieldValueInvalid', field, value, detail });

/** A value may not be there. */
export const forbidden = (field: string, detail: string): FieldError => ({ reason: 'FieldValueForbidden', field, detail });

/** A value occurs twice. */
export const duplicate = (field: string, value: string): FieldError => ({ reason: 'FieldValueDuplicate', field, value, detail: '' });

/** A list is too long. */
export const tooMany = (field: string, count: number, most: number): FieldError => ({ reason: 'FieldValueTooMany', field, value: count, detail: `must have at most ${most} items` });

/** A value could not be checked. */
export const unchecked = (field: string, detail: string): FieldError => ({ reason: 'InternalError', field, detail });

/** A cause inside the details of an answer. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The cause that a field error is told as. */
export function causeOf(error: FieldError): StatusCause {
  return { reason: error.reason, message: formatBody(error), field: error.field };
}

/** All errors as one sentence: the error alone, or several in brackets; the same error is told once. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map((error) => `${error.field}: ${formatBody(error)}`))];
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
}

function formatBody({ reason, value, detail }: FieldError): string {
  const shown = value === undefined ? '' : `: ${typeof value === 'string' ? JSON.stringify(value) : value}`;
  return `${wordings[reason]}${shown}${detail === '' ? '' : `: ${detail}`}`;
}
