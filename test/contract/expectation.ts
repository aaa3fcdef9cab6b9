// Compares a response, as text, with what a row of the contract expects: keys and their order included.
import * as assert from 'uvu/assert';

import type { ContractCase, ExpectedResponse, SettingsCase } from './cases.js';

/** Fails unless the text is the response that the row expects. */
export function assertResponse(text: string, { expected }: ContractCase): void {
  const found = JSON.parse(text) as FoundResponse;
  const { uid = 'a-uid', allowed, auditAnnotations = null, warnings = null } = expected;
  assert.is(text, JSON.stringify({ uid, allowed, ...expectedPatch(found, expected), ...expectedStatus(found, expected), auditAnnotations, warnings }));
}

interface FoundResponse {
  readonly patch?: string;
  readonly status?: { readonly message?: string };
}

/** The patch is compared as text; how it is spelled in base64 is taken over. */
function expectedPatch({ patch }: FoundResponse, expected: ExpectedResponse): object {
  if (expected.patch === undefined) return {};
  assert.is(Buffer.from(patch ?? '', 'base64').toString('utf8'), expected.patch);
  return { patchType: 'JSONPatch', patch };
}

/** A message that matches its pattern is taken over. */
function expectedStatus({ status }: FoundResponse, expected: ExpectedResponse): object {
  if (expected.status === undefined) return {};
  const { message } = expected.status;
  if (!(message instanceof RegExp)) return { status: expected.status };
  assert.match(status?.message ?? '', message);
  return { status: { ...expected.status, message: status?.message } };
}

/** Fails unless the words are the problem that the row expects. */
export function assertProblem(found: string | undefined, { problem }: SettingsCase): void {
  if (problem instanceof RegExp) assert.match(found ?? '', problem);
  else assert.is(found, problem);
}
