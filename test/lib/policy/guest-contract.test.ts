// What host and policy say to each other (contract 0.4, 0.5, 1.4).
import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { decodeProtocolVersion, decodeSettingsVerdict, decodeValidationResponse, encodeValidate, operations } from '../../../lib/policy/guest-contract.js';
import { faultOf } from '../../support/fault-of.js';
import { jsonTexts } from '../../support/json-texts.js';

const contract = suite('policy/guest-contract');

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (part: Uint8Array | undefined): string | undefined => (part === undefined ? undefined : new TextDecoder().decode(part));

contract('the operations have the names of the protocol', () => {
  assert.equal(Object.values(operations), ['validate', 'validate_settings', 'protocol_version']);
});

contract('request and settings travel in one document, byte for byte', () => {
  fc.assert(
    fc.property(jsonTexts, jsonTexts, (request, settings) => {
      assert.is(text(encodeValidate(bytes(request), bytes(settings))), `{"request":${request},"settings":${settings}}`);
    }),
    { seed: 20_240_606, numRuns: 100 },
  );
});

contract('an answer that only accepts', () => {
  assert.equal(decodeValidationResponse(bytes('{"accepted":true}')), {
    accepted: true, message: undefined, code: undefined, mutatedObject: undefined, auditAnnotations: null, warnings: null,
  });
});

contract('an answer with everything', () => {
  const response = decodeValidationResponse(bytes('{"accepted":false,"message":"größe","code":409,"mutated_object":{"a":1.0},"audit_annotations":{"k":"v"},"warnings":["w"],"more":1}'));
  assert.equal({ ...response, mutatedObject: text(response.mutatedObject) }, {
    accepted: false, message: 'größe', code: 409, mutatedObject: '{"a":1.0}', auditAnnotations: { k: 'v' }, warnings: ['w'],
  });
});

contract('null equals absent in every optional field', () => {
  assert.equal(
    decodeValidationResponse(bytes('{"accepted":true,"message":null,"code":null,"mutated_object":null,"audit_annotations":null,"warnings":null}')),
    decodeValidationResponse(bytes('{"accepted":true}')),
  );
});

contract('a mutated object may be any JSON but null', () => {
  for (const value of ['false', '0', '""', '[]', '{}', '1.50', '18446744073709551615']) {
    assert.is(text(decodeValidationResponse(bytes(`{"accepted":true,"mutated_object": ${value} }`)).mutatedObject), value);
  }
});

contract('a key __proto__ lends no field to the answer', () => {
  const { mutatedObject, message } = decodeValidationResponse(bytes('{"accepted":true,"__proto__":{"mutated_object":{},"message":"x"}}'));
  assert.equal([mutatedObject, message], [undefined, undefined]);
});

for (const code of [0, 1, 200, 65535]) {
  contract(`the code ${code} is taken`, () => assert.is(decodeValidationResponse(bytes(`{"accepted":false,"code":${code}}`)).code, code));
}

const badAnswers: readonly (readonly [string, string, string, RegExp])[] = [
  ['no accepted', '{}', 'GUEST_ANSWER_INVALID', /^missing field `accepted`$/],
  ['accepted as text', '{"accepted":"true"}', 'GUEST_ANSWER_INVALID', /^accepted: expected boolean, received string$/],
  ['accepted as null', '{"accepted":null}', 'GUEST_ANSWER_INVALID', /^accepted: expected boolean, received null$/],
  ['accepted as 1', '{"accepted":1}', 'GUEST_ANSWER_INVALID', /^accepted: expected boolean, received number$/],
  ['accepted twice', '{"accepted":true,"accepted":false}', 'JSON_DUPLICATE_KEY', /the key "accepted" appears twice/],
  ['accepted twice, once with an escape', String.raw`{"accepted":false,"\u0061ccepted":true}`, 'JSON_DUPLICATE_KEY', /the key "accepted" appears twice/],
  ['a mutated object twice', '{"accepted":true,"mutated_object":{},"mutated_object":null}', 'JSON_DUPLICATE_KEY', /appears twice/],
  ['a message that is no text', '{"accepted":false,"message":1}', 'GUEST_ANSWER_INVALID', /^message: expected string, received number$/],
  ['a code below zero', '{"accepted":false,"code":-1}', 'GUEST_ANSWER_INVALID', /^code: Too small/],
  ['a code above 65535', '{"accepted":false,"code":65536}', 'GUEST_ANSWER_INVALID', /^code: Too big/],
  ['a broken code', '{"accepted":false,"code":1.5}', 'GUEST_ANSWER_INVALID', /^code: expected int/],
  ['a code as text', '{"accepted":false,"code":"400"}', 'GUEST_ANSWER_INVALID', /^code: expected number, received string$/],
  ['annotations that are no texts', '{"accepted":true,"audit_annotations":{"a":1}}', 'GUEST_ANSWER_INVALID', /^audit_annotations\.a: expected string/],
  ['annotations that are a list', '{"accepted":true,"audit_annotations":[]}', 'GUEST_ANSWER_INVALID', /^audit_annotations: expected record/],
  ['warnings that are a text', '{"accepted":true,"warnings":"w"}', 'GUEST_ANSWER_INVALID', /^warnings: expected array/],
  ['a warning that is no text', '{"accepted":true,"warnings":[null]}', 'GUEST_ANSWER_INVALID', /^warnings\.0: expected string/],
  ['a list', '[true]', 'GUEST_ANSWER_INVALID', /^expected object, received array$/],
  ['a text', '"accepted"', 'GUEST_ANSWER_INVALID', /^expected object, received string$/],
  ['null', 'null', 'GUEST_ANSWER_INVALID', /^expected object, received null$/],
  ['nothing', '', 'JSON_SYNTAX', /^cannot read JSON/],
  ['no JSON', 'hello', 'JSON_SYNTAX', /^cannot read JSON/],
  ['bytes after the document', '{"accepted":true} x', 'JSON_SYNTAX', /expected the end of the document/],
  ['a NUL byte after the document', '{"accepted":true}\0', 'JSON_SYNTAX', /expected the end of the document/],
  ['a hundred thousand levels', `{"accepted":true,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'JSON_TOO_DEEP', /too many nested/],
];
for (const [title, answer, code, message] of badAnswers) {
  contract(`an answer with ${title} is refused`, () => {
    const fault = faultOf(() => decodeValidationResponse(bytes(answer)));
    assert.is(fault.code, code);
    assert.match(fault.message, message);
  });
}

contract('an answer that is not UTF-8 is refused', () => {
  assert.is(faultOf(() => decodeValidationResponse(Uint8Array.of(0x7b, 0xff, 0x7d))).code, 'JSON_NOT_UTF8');
});

contract('a verdict on settings', () => {
  assert.equal(decodeSettingsVerdict(bytes('{"valid":true}')), { valid: true });
  assert.equal(decodeSettingsVerdict(bytes('{"valid":true,"message":"ignored"}')), { valid: true });
  assert.equal(decodeSettingsVerdict(bytes('{"valid":false}')), { valid: false, message: undefined });
  assert.equal(decodeSettingsVerdict(bytes('{"valid":false,"message":null}')), { valid: false, message: undefined });
  assert.equal(decodeSettingsVerdict(bytes('{"valid":false,"message":"größe","more":[]}')), { valid: false, message: 'größe' });
});

for (const [title, answer, message] of [
  ['no valid', '{}', /^missing field `valid`$/],
  ['valid as text', '{"valid":"true"}', /^valid: expected boolean/],
  ['valid twice', '{"valid":false,"valid":true}', /the key "valid" appears twice/],
  ['a message that is no text', '{"valid":false,"message":{}}', /^message: expected string/],
  ['a list', '[]', /^expected object/],
  ['no JSON', 'yes', /^cannot read JSON/],
] as const) {
  contract(`a verdict on settings with ${title} is refused`, () => assert.match(faultOf(() => decodeSettingsVerdict(bytes(answer))).message, message));
}

contract('the versions of the protocol', () => {
  assert.is(decodeProtocolVersion(bytes('"v1"')), 'v1');
  assert.is(decodeProtocolVersion(bytes(' "Unknown" ')), 'Unknown');
});

for (const [title, answer, message] of [
  ['another version', '"v2"', 'cannot create ProtocolVersion object from [34, 118, 50, 34]: expected "v1" or "Unknown"'],
  ['a number', '1', 'cannot create ProtocolVersion object from [49]: expected "v1" or "Unknown"'],
  ['nothing', '', 'cannot create ProtocolVersion object from []: '],
  ['no JSON', 'v1', 'cannot create ProtocolVersion object from [118, 49]: '],
] as const) {
  contract(`${title} is no version of the protocol`, () => {
    const fault = faultOf(() => decodeProtocolVersion(bytes(answer)));
    assert.is(fault.code, 'GUEST_ANSWER_INVALID');
    assert.ok(fault.message.startsWith(message), fault.message);
  });
}

contract('a huge answer to protocol_version does not make a huge message', () => {
  const fault = faultOf(() => decodeProtocolVersion(new Uint8Array(1024 * 1024).fill(0x20)));
  assert.ok(fault.message.length < 2000, `${fault.message.length} characters`);
});

contract.run();
