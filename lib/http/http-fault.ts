// What can go wrong between here and a server, as faults. Their messages say what was found; the operation that failed
// and its location are put in front by whoever knows them. They are built from error codes alone: the texts of other
// libraries may repeat headers, and so credentials.
import { Fault } from '../fault.js';

export type HttpFaultCode =
  | 'HTTP_ABORTED'
  | 'HTTP_ANSWER_TOO_LARGE'
  | 'HTTP_CREDENTIALS_REFUSED'
  | 'HTTP_INTERRUPTED'
  | 'HTTP_PLAIN_REFUSED'
  | 'HTTP_REDIRECT_REFUSED'
  | 'HTTP_TIMEOUT'
  | 'HTTP_UNREACHABLE'
  | 'HTTP_UNTRUSTED';

type Finding = readonly [code: HttpFaultCode, found: string, retryable: boolean];

const findings: Readonly<Record<string, Finding>> = {
  ECONNREFUSED: ['HTTP_UNREACHABLE', 'the connection was refused', false],
  ENOTFOUND: ['HTTP_UNREACHABLE', 'the host name does not exist', false],
  EAI_AGAIN: ['HTTP_UNREACHABLE', 'the host name could not be looked up', true],
  EHOSTUNREACH: ['HTTP_UNREACHABLE', 'the host is not reachable', true],
  ENETUNREACH: ['HTTP_UNREACHABLE', 'the network is not reachable', true],
  ECONNRESET: ['HTTP_INTERRUPTED', 'the connection was reset', true],
  EPIPE: ['HTTP_INTERRUPTED', 'the connection was closed', true],
  ETIMEDOUT: ['HTTP_TIMEOUT', 'the connection timed out', true],
  UND_ERR_CONNECT_TIMEOUT: ['HTTP_TIMEOUT', 'the connection timed out', true],
  UND_ERR_HEADERS_TIMEOUT: ['HTTP_TIMEOUT', 'the server did not answer in time', true],
  UND_ERR_BODY_TIMEOUT: ['HTTP_TIMEOUT', 'the server stopped sending', true],
  UND_ERR_SOCKET: ['HTTP_INTERRUPTED', 'the connection was closed early', true],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['HTTP_INTERRUPTED', 'the connection was closed early', true],
  UND_ERR_HEADERS_OVERFLOW: ['HTTP_ANSWER_TOO_LARGE', 'the headers of the answer are too large', false],
  PROXY_REFUSED: ['HTTP_UNREACHABLE', 'the proxy refused the connection', false],
  PROXY_UNREACHABLE: ['HTTP_UNREACHABLE', 'the proxy cannot be reached', false],
  EPROTO: ['HTTP_UNREACHABLE', 'the server does not speak TLS', false],
  ERR_SSL_WRONG_VERSION_NUMBER: ['HTTP_UNREACHABLE', 'the server does not speak TLS', false],
  CERT_HAS_EXPIRED: ['HTTP_UNTRUSTED', 'its certificate has expired', false],
  CERT_NOT_YET_VALID: ['HTTP_UNTRUSTED', 'its certificate is not valid yet', false],
  ERR_TLS_CERT_ALTNAME_INVALID: ['HTTP_UNTRUSTED', 'its certificate is for another host', false],
};

const untrusted: Finding = ['HTTP_UNTRUSTED', 'its certificate is signed by no trusted authority', false];
const unknown: Finding = ['HTTP_INTERRUPTED', 'the connection failed', true];

/** What a failed connection means; `signal` is the one the request was sent with. */
export function connectionFault(error: unknown, host: string, signal: AbortSignal): Fault<HttpFaultCode> {
  if (signal.aborted) return abortFault(signal);
  const errorCode = codeOf(error);
  const [code, found, retryable] = findings[errorCode] ?? (/CERT|ISSUER|LEAF_SIGNATURE/.test(errorCode) ? untrusted : unknown);
  const suffix = errorCode === '' ? '' : ` (${errorCode})`;
  return new Fault(code, `${host} cannot be used: ${found}${suffix}`, { retryable, context: { host, errorCode } });
}

/** What a fired signal means: a limit in time that ran out, or a caller who went away. */
export function abortFault(signal: AbortSignal): Fault<HttpFaultCode> {
  const reason: unknown = signal.reason;
  if (reason instanceof Error && reason.name === 'TimeoutError') return new Fault('HTTP_TIMEOUT', 'it took longer than allowed', { retryable: true });
  return new Fault('HTTP_ABORTED', 'it was given up');
}

function codeOf(error: unknown): string {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : '';
}
