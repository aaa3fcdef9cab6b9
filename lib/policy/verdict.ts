// From what a guest call came to, to what that means for the request (contract 0.4 and 1.5); and the same for settings.
// What the operator's configuration makes of it (monitor mode, mutation guard, custom message) is decision.ts.
import { isFault } from '../fault.js';
import { decodeText } from '../json/decode.js';
import { parseLossless } from '../json/lossless.js';
import { assertValueCount } from '../json/value-count.js';
import type { Outcome } from '../outcome.js';

import { encodeBase64 } from './base64.js';
import { decodeSettingsVerdict, decodeValidationResponse, maxValues, type SettingsVerdict, type ValidationResponse } from './guest-contract.js';
import { formatPatch, jsonPatch } from './json-patch.js';
import { internalError, rejection, type AdmissionResponse } from './response.js';

/** What a request is judged on, for the answer's sake. */
export interface Judged {
  readonly uid: string;
  /** The bytes of what a policy may mutate; absent on DELETE. */
  readonly base: Uint8Array | undefined;
}

/** What a guest that ran out of time is said to have answered; a guest that says so itself is taken at its word, as in the reference. */
const deadlineText = 'guest code interrupted, execution deadline exceeded';
const expiredMessage = 'Policy execution interrupted because it exceeded the allowed execution time';
const mutationOfNothing =
  'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed';

/** The response to a request whose policy gave no answer, before any post-processing. */
export function responseOfFailure(outcome: Exclude<Outcome, { kind: 'answered' | 'start-failed' }>, uid: string): AdmissionResponse {
  switch (outcome.kind) {
    case 'failed':
    case 'trapped':
      if (outcome.message.includes(deadlineText)) return rejection(uid, expiredMessage, 500);
      return internalError(uid, `Guest call failure: ${outcome.message}`);
    case 'expired':
      return rejection(uid, expiredMessage, 500);
  }
}

/** The verdict on settings that a guest call's outcome stands for. */
export function settingsVerdictOf(outcome: Exclude<Outcome, { kind: 'start-failed' }>): SettingsVerdict {
  switch (outcome.kind) {
    case 'answered':
      return settingsVerdictOfAnswer(outcome.payload);
    case 'failed':
    case 'trapped':
      return uncallable(outcome.message);
    case 'expired':
      return uncallable(deadlineText);
  }
}

function uncallable(text: string): SettingsVerdict {
  return { valid: false, message: `Error invoking settings validation callback: GuestCallFailure(${JSON.stringify(text)})` };
}

function settingsVerdictOfAnswer(answer: Uint8Array): SettingsVerdict {
  try {
    return decodeSettingsVerdict(answer);
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return { valid: false, message: `error: ${thrown.message}` };
  }
}

/** The response that a policy's answer stands for, before any post-processing; an answer that is none is a rejection. */
export function responseOfAnswer(answer: Uint8Array, judged: Judged): AdmissionResponse {
  let response: ValidationResponse;
  try {
    response = decodeValidationResponse(answer);
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return internalError(judged.uid, `invalid response from policy: ${thrown.message}`);
  }
  try {
    return converted(response, judged);
  } catch (thrown) {
    if (!isFault(thrown)) throw thrown;
    return internalError(judged.uid, `invalid response format: cannot tell what the policy changed in the object: ${thrown.message}`);
  }
}

function converted(response: ValidationResponse, { uid, base }: Judged): AdmissionResponse {
  const { mutatedObject, message, code } = response;
  if (mutatedObject !== undefined && base === undefined) return rejection(uid, mutationOfNothing);
  const patch = mutatedObject === undefined || base === undefined ? undefined : patchBetween(base, mutatedObject);
  return {
    uid,
    allowed: response.accepted,
    ...(patch === undefined ? {} : { patchType: 'JSONPatch' as const, patch }),
    ...(message === undefined && code === undefined
      ? {}
      : { status: { ...(message === undefined ? {} : { message }), ...(code === undefined ? {} : { code }) } }),
    auditAnnotations: response.auditAnnotations,
    warnings: response.warnings,
  };
}

/** The JSON Patch between two documents as base64 text, or nothing when they are the same. */
function patchBetween(base: Uint8Array, target: Uint8Array): string | undefined {
  assertValueCount(base, maxValues);
  const operations = jsonPatch(parseLossless(decodeText(base)), parseLossless(decodeText(target)));
  return operations.length === 0 ? undefined : encodeBase64(new TextEncoder().encode(formatPatch(operations)));
}
