// AdmissionResponse: what a Kubernetes API server gets back (contract 0.3), field order included.

/** One cause in `status.details`; the three keys are always present. */
export interface StatusCause {
  readonly reason: string | null;
  readonly message: string | null;
  readonly field: string | null;
}

/** `status` of a response; only what is set is present. `details` is spelled in snake case where the reference does. */
export interface ResponseStatus {
  readonly status?: 'Success' | 'Failure';
  readonly message?: string;
  readonly reason?: string;
  readonly details?: {
    readonly name?: string;
    readonly group?: string;
    readonly kind?: string;
    readonly uid?: string;
    readonly causes?: readonly StatusCause[];
    readonly retry_after_seconds?: number;
  };
  readonly code?: number;
}

/** The answer to one request. `patch` is the JSON Patch's text in base64; annotations and warnings are always present. */
export interface AdmissionResponse {
  readonly uid: string;
  readonly allowed: boolean;
  readonly patchType?: 'JSONPatch';
  readonly patch?: string;
  readonly status?: ResponseStatus;
  readonly auditAnnotations: Readonly<Record<string, string>> | null;
  readonly warnings: readonly string[] | null;
}

/** A response that lets the request through and says nothing else. */
export function acceptance(uid: string): AdmissionResponse {
  return { uid, allowed: true, auditAnnotations: null, warnings: null };
}

/** A response that denies the request with a message and, if given, a code. */
export function rejection(uid: string, message: string, code?: number): AdmissionResponse {
  return { uid, allowed: false, status: { message, ...(code === undefined ? {} : { code }) }, auditAnnotations: null, warnings: null };
}

/** A response that denies the request because its evaluation failed: code 500. */
export function internalError(uid: string, message: string): AdmissionResponse {
  return rejection(uid, `internal server error: ${message}`, 500);
}
