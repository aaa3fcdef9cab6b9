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
  /** Kubernetes' word for programs, such as `FieldValueRequired`. */
  readonly reason: string;
  /** Path such as `spec.rules[0].operations`. */
  readonly field: string;
  /** What is wrong, in Kubernetes' order: what kind of error it is, the value where it is shown, what is to be said besides. */
  readonly body: string;
}

/** A value is missing. */
export const required = (field: string, detail = ''): FieldError => fieldError('FieldValueRequired', field, detail);

/** A value is not as it must be. */
export const invalid = (field: string, value: string | number | boolean, detail: string): FieldError => fieldError('FieldValueInvalid', field, detail, value);

/** A value may not be there. */
export const forbidden = (field: string, detail: string): FieldError => fieldError('FieldValueForbidden', field, detail);

/** A value occurs twice. */
export const duplicate = (field: string, value: string): FieldError => fieldError('FieldValueDuplicate', field, '', value);

/** A list is too long. */
export const tooMany = (field: string, count: number, most: number): FieldError => fieldError('FieldValueTooMany', field, `must have at most ${most} items`, count);

/** A value could not be checked. */
export const unchecked = (field: string, detail: string): FieldError => fieldError('InternalError', field, detail);

function fieldError(reason: keyof typeof wordings, field: string, detail: string, value?: string | number | boolean): FieldError {
  const shown = value === undefined ? '' : `: ${typeof value === 'string' ? JSON.stringify(value) : value}`;
  return { reason, field, body: `${wordings[reason]}${shown}${detail === '' ? '' : `: ${detail}`}` };
}

/** A cause inside the details of an answer. */
export interface StatusCause {
  readonly reason: string;
  readonly message: string;
  readonly field: string;
}

/** The cause that a field error is told as. */
export function causeOf({ reason, field, body }: FieldError): StatusCause {
  return { reason, message: body, field };
}

/** All errors as one sentence: the error alone, or several in brackets; the same error is told once. */
export function formatFieldErrors(errors: readonly FieldError[]): string {
  const texts = [...new Set(errors.map(({ field, body }) => `${field}: ${body}`))];
  return texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
}
