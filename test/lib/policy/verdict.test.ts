// Outcomes to responses: every row of contract 0.4 and 1.5, and the same for settings.
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { Outcome } from '../../../lib/outcome.js';
import type { AdmissionResponse } from '../../../lib/policy/response.js';
import { type Judged, responseOfAnswer, responseOfFailure, settingsVerdictOf } from '../../../lib/policy/verdict.js';

const verdict = suite('policy/verdict');

type Ran = Exclude<Outcome, { kind: 'start-failed' }>;

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const answered = (text: string): Ran => ({ kind: 'answered', payload: bytes(text) });

const responseOf = (outcome: Ran, judged: Judged): AdmissionResponse => (outcome.kind === 'answered' ? responseOfAnswer(outcome.payload, judged) : responseOfFailure(outcome, judged.uid));

/** The response to an answer as JSON text, about an object that can be mutated unless told otherwise. */
function responseText(outcome: Ran, base = '{"a":1}'): string {
  return JSON.stringify(responseOf(outcome, { uid: 'u', base: bytes(base) }));
}
const withoutObject = (outcome: Ran): string => JSON.stringify(responseOf(outcome, { uid: 'u', base: undefined }));

const patched = (operations: string): string => `"patchType":"JSONPatch","patch":"${Buffer.from(operations).toString('base64')}"`;
const denied = (message: string, code?: number): string =>
  `{"uid":"u","allowed":false,"status":{"message":${JSON.stringify(message)}${code === undefined ? '' : `,"code":${code}`}},"auditAnnotations":null,"warnings":null}`;

const answers: readonly (readonly [string, string, string])[] = [
  ['an acceptance says nothing more', '{"accepted":true}', '{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}'],
  ['a denial without words has no status', '{"accepted":false}', '{"uid":"u","allowed":false,"auditAnnotations":null,"warnings":null}'],
  ['a denial with a message', '{"accepted":false,"message":"no"}', '{"uid":"u","allowed":false,"status":{"message":"no"},"auditAnnotations":null,"warnings":null}'],
  ['a denial with a code alone', '{"accepted":false,"code":409}', '{"uid":"u","allowed":false,"status":{"code":409},"auditAnnotations":null,"warnings":null}'],
  ['a denial with both', '{"accepted":false,"code":409,"message":"no"}', '{"uid":"u","allowed":false,"status":{"message":"no","code":409},"auditAnnotations":null,"warnings":null}'],
  ['an acceptance with a message has a status', '{"accepted":true,"message":"fine"}', '{"uid":"u","allowed":true,"status":{"message":"fine"},"auditAnnotations":null,"warnings":null}'],
  ['an acceptance with a code has a status', '{"accepted":true,"code":0}', '{"uid":"u","allowed":true,"status":{"code":0},"auditAnnotations":null,"warnings":null}'],
  ['warnings and annotations are copied', '{"accepted":true,"warnings":["w"],"audit_annotations":{"k":"v"}}', '{"uid":"u","allowed":true,"auditAnnotations":{"k":"v"},"warnings":["w"]}'],
  ['annotations with names that objects inherit are copied', '{"accepted":true,"audit_annotations":{"__proto__":"p","constructor":"c","":"e"}}', '{"uid":"u","allowed":true,"auditAnnotations":{"__proto__":"p","constructor":"c","":"e"},"warnings":null}'],
  ['empty warnings and annotations are copied', '{"accepted":true,"warnings":[],"audit_annotations":{}}', '{"uid":"u","allowed":true,"auditAnnotations":{},"warnings":[]}'],
  ['a mutation is a patch', '{"accepted":true,"mutated_object":{"a":2}}', `{"uid":"u","allowed":true,${patched('[{"op":"replace","path":"/a","value":2}]')},"auditAnnotations":null,"warnings":null}`],
  ['a mutation that changes nothing is no patch', '{"accepted":true,"mutated_object":{"a":1}}', '{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}'],
  ['a mutation of a denial is a patch too', '{"accepted":false,"message":"no","mutated_object":{}}', `{"uid":"u","allowed":false,${patched('[{"op":"remove","path":"/a"}]')},"status":{"message":"no"},"auditAnnotations":null,"warnings":null}`],
  ['a replaced document is patched at its root', '{"accepted":true,"mutated_object":[]}', `{"uid":"u","allowed":true,${patched('[{"op":"replace","path":"","value":[]}]')},"auditAnnotations":null,"warnings":null}`],
  ['a 64-bit integer survives', '{"accepted":true,"mutated_object":{"a":1,"n":18446744073709551615}}', `{"uid":"u","allowed":true,${patched('[{"op":"add","path":"/n","value":18446744073709551615}]')},"auditAnnotations":null,"warnings":null}`],
  ['1.0 is not 1 and stays 1.0', '{"accepted":true,"mutated_object":{"a":1.0}}', `{"uid":"u","allowed":true,${patched('[{"op":"replace","path":"/a","value":1.0}]')},"auditAnnotations":null,"warnings":null}`],
  ['a patch is base64 of UTF-8', '{"accepted":true,"mutated_object":{"a":1,"größe":"☃"}}', `{"uid":"u","allowed":true,${patched('[{"op":"add","path":"/größe","value":"☃"}]')},"auditAnnotations":null,"warnings":null}`],
];
for (const [title, answer, expected] of answers) verdict(title, () => assert.is(responseText(answered(answer)), expected));

verdict('numbers that a double cannot hold do not count as changed', () => {
  const base = '{"n":9007199254740993,"m":1.0}';
  assert.is(responseText(answered(`{"accepted":true,"mutated_object":${base}}`), base), '{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}');
  assert.ok(responseText(answered('{"accepted":true,"mutated_object":{"n":9007199254740992,"m":1.0}}'), base).includes(patched('[{"op":"replace","path":"/n","value":9007199254740992}]')));
});

const mutationOfNothing = 'Incoming object is null, which happens only with DELETE operations, but the policy is attempting a mutation. This is not allowed';
for (const accepted of [true, false]) {
  verdict(`a mutation without an object is denied, though the policy says accepted: ${accepted}, and nothing else of the answer counts`, () => {
    const answer = `{"accepted":${accepted},"mutated_object":{},"message":"m","code":1,"warnings":["w"],"audit_annotations":{"k":"v"}}`;
    assert.is(withoutObject(answered(answer)), denied(mutationOfNothing));
  });
}

verdict('a mutation of an object with more values than are compared is an internal error', () => {
  const base = `[${'0,'.repeat(250_000)}0]`;
  const problem = 'cannot tell what the policy changed in the object: cannot read JSON: it holds more than 250000 values';
  assert.is(responseText(answered('{"accepted":true,"mutated_object":[]}'), base), denied(`internal server error: invalid response format: ${problem}`, 500));
});

verdict('a mutated object of null is no mutation, so a deletion passes', () => {
  assert.is(withoutObject(answered('{"accepted":true,"mutated_object":null}')), '{"uid":"u","allowed":true,"auditAnnotations":null,"warnings":null}');
});

verdict('an answer without mutation does not need an object', () => {
  assert.is(withoutObject(answered('{"accepted":false,"message":"no"}')), '{"uid":"u","allowed":false,"status":{"message":"no"},"auditAnnotations":null,"warnings":null}');
});

const expired = denied('Policy execution interrupted because it exceeded the allowed execution time', 500);
const failures: readonly (readonly [string, Ran, string])[] = [
  ['an unreadable answer is an internal error', answered('hello'), denied('internal server error: invalid response from policy: cannot read JSON: expected a value but found "h" at line 1 column 1', 500)],
  ['an answer of no bytes is an internal error', answered(''), denied('internal server error: invalid response from policy: cannot read JSON: expected a value but found the end of the text at line 1 column 1', 500)],
  ['an answer of another shape is an internal error', answered('{"accepted":"yes"}'), denied('internal server error: invalid response from policy: accepted: expected boolean, received string', 500)],
  ['an answer that accepts twice is an internal error', answered('{"accepted":false,"accepted":true}'), denied('internal server error: invalid response from policy: cannot read JSON: the key "accepted" appears twice in one object, again at byte 18', 500)],
  ['a code beyond 16 bits is an internal error', answered('{"accepted":false,"code":65536}'), denied('internal server error: invalid response from policy: code: Too big: expected number to be <=65535', 500)],
  ['an annotation that is no text is an internal error, whatever its name', answered('{"accepted":true,"audit_annotations":{"__proto__":7}}'), denied('internal server error: invalid response from policy: audit_annotations.__proto__: expected string, received number', 500)],
  ['annotations in a list are an internal error', answered('{"accepted":true,"audit_annotations":["a"]}'), denied('internal server error: invalid response from policy: audit_annotations: expected record, received array', 500)],
  ["a guest's error is an internal error with its text", { kind: 'failed', message: 'größe ☃' }, denied('internal server error: Guest call failure: größe ☃', 500)],
  ['a failure without a text too', { kind: 'failed', message: 'No error message set for call failure' }, denied('internal server error: Guest call failure: No error message set for call failure', 500)],
  ['a trap is an internal error', { kind: 'trapped', message: 'unreachable' }, denied('internal server error: Guest call failure: unreachable', 500)],
  ['a call that ran out of time', { kind: 'expired', during: 'call' }, expired],
  ['a start that ran out of time', { kind: 'expired', during: 'start' }, expired],
  ['a guest that says it ran out of time is taken at its word, as in the reference', { kind: 'failed', message: 'x: guest code interrupted, execution deadline exceeded' }, expired],
];
for (const [title, outcome, expected] of failures) verdict(title, () => assert.is(responseText(outcome), expected));

const settings: readonly (readonly [string, Ran, object])[] = [
  ['valid settings', answered('{"valid":true}'), { valid: true }],
  ['invalid settings with a message', answered('{"valid":false,"message":"größe"}'), { valid: false, message: 'größe' }],
  ['invalid settings without a message', answered('{"valid":false}'), { valid: false, message: undefined }],
  ['an unreadable verdict makes settings invalid', answered('yes'), { valid: false, message: 'error: cannot read JSON: expected a value but found "y" at line 1 column 1' }],
  ['a verdict of another shape makes settings invalid', answered('{"valid":"true"}'), { valid: false, message: 'error: valid: expected boolean, received string' }],
  ['a failed call makes settings invalid', { kind: 'failed', message: 'say "no"' }, { valid: false, message: String.raw`Error invoking settings validation callback: GuestCallFailure("say \"no\"")` }],
  ['a trap makes settings invalid', { kind: 'trapped', message: 'unreachable' }, { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("unreachable")' }],
  [
    'running out of time makes settings invalid',
    { kind: 'expired', during: 'call' },
    { valid: false, message: 'Error invoking settings validation callback: GuestCallFailure("guest code interrupted, execution deadline exceeded")' },
  ],
];
for (const [title, outcome, expected] of settings) verdict(title, () => assert.equal(settingsVerdictOf(outcome), expected));

verdict.run();
