// The log: pino underneath, JSON lines or readable text. Object content, patches, settings and secrets are never logged above
// debug: what is logged is named here, field by field.
import { styleText } from 'node:util';

import { pino, stdTimeFunctions, type DestinationStream, type Logger } from 'pino';
import { isFault, messageOf, type AdmissionResponse, type Fault, type RuntimeEvent } from 'wasmwarden';

import type { SourceEvent } from 'wasmwarden/source';

import type { ServerConfig } from '../config.js';
import type { TlsMaterial } from '../tls/tls-material.js';

import type { EvaluationReport, UnservableRequest } from './report.js';
import { isAboutSecret } from './secrecy.js';
import { onOneLine } from './terminal-text.js';

/** Makes the logger; lines go to `write`. */
export function createLog({ level, format, colour }: ServerConfig['log'], write: (line: string) => void): Logger {
  const destination: DestinationStream = { write: (line) => write(format === 'json' ? line : `${textLine(line, colour)}\n`) };
  const options = { level, base: null, timestamp: stdTimeFunctions.isoTime, formatters: { level: (label: string): object => ({ level: label }) }, messageKey: 'message' };
  return pino(options, destination);
}

/** Whether policies without a limit of their own are interrupted at all. */
export function logTimeoutProtection(log: Logger, { policyTimeoutMs }: Pick<ServerConfig, 'policyTimeoutMs'>): void {
  if (policyTimeoutMs === null) log.info('policy timeout protection is disabled');
  else log.info({ execution_limit_seconds: policyTimeoutMs / 1000 }, 'policy timeout protection is enabled');
}

/** Which of the TLS files are served anew. */
export function logReload(log: Logger, before: TlsMaterial, after: TlsMaterial): void {
  const { fingerprint, notAfter, cert, key, ca } = after;
  if (cert !== before.cert || key !== before.key) log.info({ fingerprint, not_after: notAfter }, 'Reloading Server TLS certificates');
  if (ca?.join() !== before.ca?.join()) log.info({ certificates: ca?.length }, 'Reloading client CA certificates');
}

/** One line per request: denials, and what monitor mode keeps from being one or from changing the object, at info; acceptances at debug. */
export function logEvaluation(log: Logger, { policyId, origin, request, response, unprocessed, policyMode, runMs }: EvaluationReport): void {
  const isUnenforced = policyMode === 'monitor' && hasEffect(unprocessed);
  const isDenied = !response.allowed || isUnenforced;
  const level = isDenied ? 'info' : 'debug';
  // Most requests are accepted, and then nobody reads the fields.
  if (!log.isLevelEnabled(level)) return;
  const fields = {
    policy_id: policyId,
    request_uid: request.uid,
    origin,
    allowed: response.allowed,
    ...(request.kind === 'kubernetes' ? { operation: request.operation, kind: request.resource.kind, namespace: request.namespace, name: request.name } : {}),
    mutated: unprocessed.patch !== undefined,
    code: unprocessed.status?.code,
    run_ms: Math.round(runMs * 100) / 100,
  };
  if (!isDenied) return log.debug(fields, 'request allowed');
  const reason = isAboutSecret(request) ? 'withheld: the request is about a Secret' : (isUnenforced ? unprocessed : response).status?.message;
  return log.info({ ...fields, reason }, isUnenforced ? 'policy evaluation (monitor mode)' : 'request denied');
}

/** Whether enforcing a response would deny the request or change its object. */
function hasEffect({ allowed, patch }: AdmissionResponse): boolean {
  return !allowed || patch !== undefined;
}

/** A request that was rejected because its policy could not be initialised. */
export function logUnservable(log: Logger, { policyId, request, problem }: UnservableRequest): void {
  log.warn({ policy_id: policyId, request_uid: request.uid, problem }, 'request denied: its policy could not be initialised');
}

/** What the runtime says about itself. */
export function logEvent(log: Logger, event: RuntimeEvent): void {
  switch (event.kind) {
    case 'guest-logged':
      return log[event.level]({ target: 'policy_log', policy_id: event.policyId, source: event.source, data: event.data }, event.message);
    case 'capability-denied':
      return log.error({ policy_id: event.policyId, capability: event.capability, allowed_capabilities: event.granted }, 'the policy called a host capability that it was not granted');
    case 'capability-failed':
      return log.error({ policy_id: event.policyId, capability: event.capability, problem: event.problem }, 'a host capability failed');
    case 'worker-stuck':
      return log.error({ worker: event.workerId, waited_ms: event.waitedMs }, 'a sandbox thread cannot be stopped; /livez fails until it is gone');
    case 'worker-stopped':
      return log.debug({ worker: event.workerId, reason: event.reason }, 'worker stopped');
    case 'policy-refused':
      // Its message is the policy's own and told once, as a problem of the start.
      return log.debug({ policy_id: event.policyId, code: event.code }, 'policy refused');
    default:
      return log.debug({ ...event }, event.kind);
  }
}

/** What fetching modules says: progress at debug, what an operator should know louder. */
export function logSourceEvent(log: Logger, event: SourceEvent): void {
  switch (event.kind) {
    case 'fetch-progressed':
      return undefined;
    case 'fetch-finished':
      return log.info({ location: event.location, path: event.path, origin: event.origin }, 'policy download');
    case 'fetch-failed':
      return log.error({ location: event.location, code: event.code, problem: event.message }, 'policy download failed');
    case 'stored-module-corrupted':
      return log.warn({ path: event.path, because: event.because }, 'a stored module was damaged and is fetched again');
    case 'insecure-connection-used':
      return log.warn({ host: event.host, how: event.how }, 'an insecure source was used, as the sources file allows');
    case 'credentials-unusable':
      return log.warn({ registry: event.registry, because: event.because }, 'registry credentials could not be used, asking as anonymous');
    case 'attempt-failed':
      return log.warn({ what: event.what, because: event.because, attempt: event.attempt, delay_ms: event.delayMs }, 'trying again');
    case 'fetch-started':
      return log.debug({ location: event.location }, 'policy download started');
  }
}

/** A request that ended in a fault: the caller's mistakes at debug, ours and overload louder. */
export function logFailure(log: Logger, path: string, status: number, thrown: unknown): void {
  const fields = { path, status, ...problemOf(thrown) };
  if (status === 500) log.error(isFault(thrown) || !(thrown instanceof Error) ? fields : { ...fields, stack: thrown.stack }, 'Evaluation error');
  else if (status === 503) log.warn(fields, 'request refused');
  else log.debug(fields, 'request refused');
}

/** Faults about a body may quote it, and nobody knows whether a body that cannot be read is about a Secret. */
const quoting = ['JSON_SYNTAX', 'JSON_NOT_UTF8', 'JSON_TOO_DEEP', 'JSON_DUPLICATE_KEY', 'REVIEW_INVALID'] as const;

function problemOf(thrown: unknown): object {
  if (!isFault(thrown)) return { problem: messageOf(thrown) };
  if (!isFault(thrown, ...quoting)) return { code: thrown.code, problem: thrown.message };
  const { line, column } = (thrown as Fault).context;
  return { code: thrown.code, line, column };
}

const colours = { trace: 'gray', debug: 'blue', info: 'green', warn: 'yellow', error: 'red' } as const;

function textLine(line: string, colour: boolean): string {
  const { level, time, message, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const name = String(level);
  const label = name.toUpperCase().padStart(5);
  const painted = colour && Object.hasOwn(colours, name) ? styleText(colours[name as keyof typeof colours], label) : label;
  const rest = Object.entries(fields).map(([key, value]) => `${key}=${typeof value === 'string' && /^[\w./:@-]+$/.test(value) ? value : JSON.stringify(value)}`);
  // A guest's message may hold anything: a second line that looks like ours, or orders to the terminal.
  return [onOneLine(String(time)), painted, onOneLine(String(message)), ...rest.map(onOneLine)].join(' ');
}
