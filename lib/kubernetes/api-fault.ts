// What can go wrong with an API server, as faults: its own Status answers, and what happens on the way to it.
import { Fault, isFault } from '../fault.js';
import type { HttpFaultCode } from '../http/http-fault.js';
import { parseRetryAfter } from '../http/retry.js';
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { isJsonObject } from './api-object.js';

export type KubernetesFaultCode =
  | 'KUBERNETES_ABORTED'
  | 'KUBERNETES_ALREADY_EXISTS'
  | 'KUBERNETES_ANSWER_INVALID'
  | 'KUBERNETES_ANSWER_TOO_LARGE'
  | 'KUBERNETES_BAD_REQUEST'
  | 'KUBERNETES_CONFIG_INVALID'
  | 'KUBERNETES_CONFLICT'
  | 'KUBERNETES_CREDENTIALS_FAILED'
  | 'KUBERNETES_FORBIDDEN'
  | 'KUBERNETES_GONE'
  | 'KUBERNETES_INTERRUPTED'
  | 'KUBERNETES_INVALID'
  | 'KUBERNETES_KIND_UNKNOWN'
  | 'KUBERNETES_NAME_INVALID'
  | 'KUBERNETES_NOT_FOUND'
  | 'KUBERNETES_PACKAGE_MISSING'
  | 'KUBERNETES_REFUSED'
  | 'KUBERNETES_SELECTOR_INVALID'
  | 'KUBERNETES_TIMEOUT'
  | 'KUBERNETES_TOO_LARGE'
  | 'KUBERNETES_TOO_MANY_REQUESTS'
  | 'KUBERNETES_UNAUTHORIZED'
  | 'KUBERNETES_UNAVAILABLE'
  | 'KUBERNETES_UNREACHABLE'
  | 'KUBERNETES_UNTRUSTED';

/** A message longer than this is cut: webhooks and validation may repeat whole objects, in characters. */
const maxMessageLength = 4096;

type Meaning = readonly [code: KubernetesFaultCode, retryable: boolean];

const meanings: Readonly<Record<number, Meaning>> = {
  400: ['KUBERNETES_BAD_REQUEST', false],
  401: ['KUBERNETES_UNAUTHORIZED', false],
  403: ['KUBERNETES_FORBIDDEN', false],
  404: ['KUBERNETES_NOT_FOUND', false],
  409: ['KUBERNETES_CONFLICT', false],
  410: ['KUBERNETES_GONE', false],
  413: ['KUBERNETES_TOO_LARGE', false],
  422: ['KUBERNETES_INVALID', false],
  429: ['KUBERNETES_TOO_MANY_REQUESTS', true],
  // The API server's own time ran out; what it was asked may have been done.
  504: ['KUBERNETES_TIMEOUT', true],
};

/** An answer that is no success, as far as it tells what it means. */
export interface RefusingAnswer {
  readonly httpStatus: number;
  readonly retryAfter?: string | undefined;
  /** The body, if it is JSON: a Status where the API server speaks itself, anything where a proxy does. */
  readonly body?: JsonValue | undefined;
}

/**
 * The fault for an answer that is no success.
 *
 * Its context has `status` (HTTP), and where the server said so `reason`, `message`, `details` of its Status, `retryAfterMs`,
 * and `continueToken`: where a listing that was forgotten half-way may go on, at a later moment.
 *
 * @param attempted what was to be done, such as `get secrets "a" in namespace "b"`
 * @see https://github.com/kubernetes/community/blob/master/contributors/devel/sig-architecture/api-conventions.md#response-status-kind
 */
export function answerFault(attempted: string, { httpStatus, retryAfter, body }: RefusingAnswer, nowMs: number): Fault<KubernetesFaultCode> {
  const status = isJsonObject(body) && body['kind'] === 'Status' ? body : {};
  const reason = textOf(status['reason']);
  const message = textOf(status['message']).slice(0, maxMessageLength);
  const [code, retryable] = meaningOf(httpStatus, reason);
  const details = isJsonObject(status['details']) ? status['details'] : undefined;
  const retryAfterMs = parseRetryAfter(retryAfter, nowMs) ?? askedPauseMs(details);
  const continueToken = isJsonObject(status['metadata']) ? textOf(status['metadata']['continue']) : '';
  const said = `the API server answered ${httpStatus}${reason === '' ? '' : ` ${reason}`}${message === '' ? '' : `: ${message}`}`;
  return new Fault(code, `cannot ${attempted}: ${said}`, {
    retryable,
    context: { status: httpStatus, reason, message, ...(details === undefined ? {} : { details }), ...(retryAfterMs === undefined ? {} : { retryAfterMs }), ...(continueToken === '' ? {} : { continueToken }) },
  });
}

function meaningOf(httpStatus: number, reason: string): Meaning {
  if (httpStatus === 409 && reason === 'AlreadyExists') return ['KUBERNETES_ALREADY_EXISTS', false];
  return meanings[httpStatus] ?? (httpStatus >= 500 ? ['KUBERNETES_UNAVAILABLE', true] : ['KUBERNETES_REFUSED', false]);
}

function askedPauseMs(details: JsonObject | undefined): number | undefined {
  const seconds = details?.['retryAfterSeconds'];
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

const connectionMeanings: Readonly<Record<HttpFaultCode, Meaning>> = {
  HTTP_ABORTED: ['KUBERNETES_ABORTED', false],
  HTTP_ANSWER_TOO_LARGE: ['KUBERNETES_ANSWER_TOO_LARGE', false],
  HTTP_CREDENTIALS_REFUSED: ['KUBERNETES_REFUSED', false],
  HTTP_INTERRUPTED: ['KUBERNETES_INTERRUPTED', true],
  HTTP_PLAIN_REFUSED: ['KUBERNETES_REFUSED', false],
  HTTP_REDIRECT_REFUSED: ['KUBERNETES_REFUSED', false],
  HTTP_TIMEOUT: ['KUBERNETES_TIMEOUT', true],
  // An API server that restarts refuses connections for a while.
  HTTP_UNREACHABLE: ['KUBERNETES_UNREACHABLE', true],
  HTTP_UNTRUSTED: ['KUBERNETES_UNTRUSTED', false],
};

/** What failed on the way to the API server, as a fault of the whole operation; anything else stays as it is. */
export function failedOperation(attempted: string, error: unknown): unknown {
  if (!isFault<HttpFaultCode>(error) || !error.code.startsWith('HTTP_')) return error;
  const [code, retryable] = connectionMeanings[error.code];
  return new Fault(code, `cannot ${attempted}: ${error.message}`, { retryable, context: error.context, cause: error });
}

/** The fault for an answer that is not what the API promises. */
export function invalidAnswer(attempted: string, found: string): Fault<KubernetesFaultCode> {
  return new Fault('KUBERNETES_ANSWER_INVALID', `cannot ${attempted}: the answer ${found}`);
}

/** Tells whether a list or watch cannot go on from where it was and has to begin anew. */
export function isVersionLost(error: unknown): boolean {
  if (isFault(error, 'KUBERNETES_GONE')) return true;
  if (!isFault(error, 'KUBERNETES_TIMEOUT')) return false;
  // A version from before the API server's storage was put back to an older state.
  const details = error.context['details'];
  const causes = isJsonObject(details) ? details['causes'] : undefined;
  return Array.isArray(causes) && causes.some((cause: unknown) => isJsonObject(cause) && cause['reason'] === 'ResourceVersionTooLarge');
}

/** The pause that the API server asked for, in milliseconds; undefined when it asked for none. */
export function retryAfterOf(error: unknown): number | undefined {
  const asked = isFault(error) ? error.context['retryAfterMs'] : undefined;
  return typeof asked === 'number' ? asked : undefined;
}
