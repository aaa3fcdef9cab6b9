// What can go wrong with a registry, as faults, and how an operation on it is named in them.
import { Fault, isFault, messageOf } from '../fault.js';
import type { HttpFaultCode } from '../http/http-fault.js';
import { parseRetryAfter } from '../http/retry.js';

export type OciFaultCode =
  | 'DOCKER_CONFIG_INVALID'
  | 'OCI_REFERENCE_INVALID'
  | 'OCI_DIGEST_INVALID'
  | 'OCI_DIGEST_MISMATCH'
  | 'OCI_LENGTH_MISMATCH'
  | 'OCI_CONTENT_TOO_LARGE'
  | 'OCI_MANIFEST_INVALID'
  | 'OCI_PLATFORM_MISSING'
  | 'OCI_ARTIFACT_INVALID'
  | 'REGISTRY_ANSWER_INVALID'
  | 'REGISTRY_DENIED'
  | 'REGISTRY_NOT_FOUND'
  | 'REGISTRY_OVERLOADED'
  | 'REGISTRY_REFUSED';

/** What the parts of the client tell each other; the operation and the reference are put in front by `failedOperation`. */
export function ociFault(code: OciFaultCode, found: string, options: { readonly retryable?: boolean; readonly retryAfterMs?: number | undefined } = {}): Fault<OciFaultCode> {
  const { retryable = false, retryAfterMs } = options;
  return new Fault(code, found, { retryable, ...(retryAfterMs === undefined ? {} : { context: { retryAfterMs } }) });
}

/** The part of an answer that tells what it means. */
export interface RefusingAnswer {
  readonly status: number;
  readonly retryAfter: string | undefined;
  /** The codes of the registry's own error document, if it sent one. */
  readonly errorCodes: readonly string[];
}

/** The fault for an answer that is no success. */
export function answerFault({ status, retryAfter, errorCodes }: RefusingAnswer, nowMs: number): Fault<OciFaultCode> {
  const said = `the registry answered ${status}${errorCodes.length === 0 ? '' : ` (${errorCodes.join(', ')})`}`;
  if (status === 401) return ociFault('REGISTRY_DENIED', `${said}: the credentials were not accepted`);
  if (status === 403) return ociFault('REGISTRY_DENIED', `${said}: access is not allowed`);
  if (status === 404) return ociFault('REGISTRY_NOT_FOUND', `${said}: there is no such repository, tag or digest`);
  if (status !== 429 && status < 500) return ociFault('REGISTRY_REFUSED', said);
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs);
  const wish = retryAfterMs === undefined ? '' : ` and asks for a pause of ${Math.ceil(retryAfterMs / 1000)} s`;
  return ociFault('REGISTRY_OVERLOADED', `${said}${wish}`, { retryable: true, retryAfterMs });
}

/** The fault of a whole operation: what was attempted on which reference, and what was found; what is none of the registry's doing stays as it is. */
export function failedOperation(attempted: string, error: unknown): unknown {
  if (!isFault<OciFaultCode | HttpFaultCode>(error) || !/^(?:HTTP|OCI|REGISTRY)_/.test(error.code)) return error;
  const { code, retryable, context } = error;
  return new Fault(code, `Fail to interact with OCI registry: cannot ${attempted}: ${messageOf(error)}`, { retryable, context });
}
