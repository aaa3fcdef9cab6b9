// The request to judge, from the text the user gave: an AdmissionReview, a bare AdmissionRequest, or raw JSON of any shape.
import { Fault, isFault, parseAdmissionRequest, parseAdmissionReview, parseRawRequest, type Request } from 'wasmwarden';

import { readAll, readFile, requestRole } from './files.js';
import type { Session } from './session.js';

/**
 * Reads the request's text; `-` is standard input.
 *
 * @throws {Fault} `FILE_*`, `REQUEST_EMPTY`
 */
export async function readRequest(path: string, session: Session): Promise<Uint8Array> {
  if (path !== '-') return nonEmpty(await readFile(path, requestRole), `'${path}'`);
  if (session.stdinIsTerminal) session.output.note('Reading the request from the terminal; Ctrl-D ends it.\n');
  return nonEmpty(await readAll(session.stdin, requestRole, 'standard input'), 'standard input');
}

function nonEmpty(bytes: Uint8Array, origin: string): Uint8Array {
  if (bytes.byteLength === 0) throw new Fault('REQUEST_EMPTY', `Cannot read the request from ${origin}: it is empty.`);
  return bytes;
}

/**
 * Reads a request: raw as it is; for a policy that judges Kubernetes objects the review's `request`, or the document itself.
 *
 * @throws {Fault} `REVIEW_INVALID`, `JSON_*`
 */
export function parseRequest(bytes: Uint8Array, isRaw: boolean): Request {
  return isRaw ? rawRequest(bytes) : parseKubernetesRequest(bytes);
}

/** Any JSON; what is none might as well be the settings, so the message says which text it is about. */
function rawRequest(bytes: Uint8Array): Request {
  try {
    return parseRawRequest(bytes);
  } catch (thrown) {
    throw isFault(thrown) ? new Fault(thrown.code, `Cannot use the request: ${thrown.message}`, { cause: thrown }) : thrown;
  }
}

function parseKubernetesRequest(bytes: Uint8Array): Request {
  const document = documentOf(bytes);
  if (typeof document !== 'object' || document === null || Array.isArray(document)) throw new Fault('REVIEW_INVALID', 'Invalid request object');
  const isReview = 'kind' in document && document.kind === 'AdmissionReview';
  if (isReview && (!('request' in document) || document.request === null)) throw new Fault('REVIEW_INVALID', 'invalid AdmissionReview object: missing field `request`');
  try {
    return isReview ? parseAdmissionReview(bytes) : parseAdmissionRequest(bytes);
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    throw new Fault('REVIEW_INVALID', `cannot build AdmissionRequest object from given input: ${thrown.message}`, { cause: thrown });
  }
}

function documentOf(bytes: Uint8Array): unknown {
  // The strict reader judges the text; what it accepts, JSON.parse can read.
  rawRequest(bytes);
  return JSON.parse(new TextDecoder().decode(bytes));
}
