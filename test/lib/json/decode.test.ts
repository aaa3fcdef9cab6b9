import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { decodeJson, decodeText, encodeJson } from '../../../lib/json/decode.js';
import type { JsonValue } from '../../../lib/json/json-value.js';
import { maxNesting, parseLossless } from '../../../lib/json/lossless.js';
import { faultOf } from '../../support/fault-of.js';
import { jsonTexts, mutatedJsonTexts } from '../../support/json-texts.js';

const decode = suite('json/decode');
const encoder = new TextEncoder();
const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);

const accepted: readonly (readonly [string, string, JsonValue])[] = [
  ['a document between white space', ' \t\r\n{"a": [1, -2.5e3, true, false, null, "x"]}\n', { a: [1, -2500, true, false, null, 'x'] }],
  ['a scalar document', '"text"', 'text'],
  ['the last of duplicate keys', '{"a":1,"a":2}', { a: 2 }],
  ['escapes of every kind', String.raw`"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00"`, '"\\/\b\f\n\r\té😀'],
  ['an empty array and object', '[[],{}]', [[], {}]],
  ['brackets and exponents inside strings', `"${'['.repeat(300)}1e999"`, `${'['.repeat(300)}1e999`],
  ['siblings, which do not add to the depth', `[${Array.from({ length: 300 }, () => '[]').join(',')}]`, Array.from({ length: 300 }, () => [])],
  ['numbers with exponents within range', '[1e308,1E-400,2e+2]', [1e308, 0, 200]],
];
for (const [title, text, value] of accepted) {
  decode(`reads ${title}`, () => {
    assert.equal(decodeJson(encoder.encode(text)), value);
  });
}

decode('a __proto__ key is a member like any other', () => {
  const value = decodeJson(encoder.encode('{"__proto__":{"polluted":true}}'));
  assert.equal(Object.keys(value ?? {}), ['__proto__']);
  assert.is(Object.getPrototypeOf(value), Object.prototype);
});

const refused: readonly (readonly [string, string, string, string])[] = [
  ['nothing', '', 'JSON_SYNTAX', 'expected a value but found the end of the text at line 1 column 1'],
  ['white space alone', '\n  ', 'JSON_SYNTAX', 'expected a value but found the end of the text at line 2 column 3'],
  ['a second document', '{} {}', 'JSON_SYNTAX', 'expected the end of the document but found "{" at line 1 column 4'],
  ['a trailing letter', '1x', 'JSON_SYNTAX', 'expected the end of the document but found "x" at line 1 column 2'],
  ['a trailing comma in an array', '[1,]', 'JSON_SYNTAX', 'expected a value but found "]" at line 1 column 4'],
  ['a trailing comma in an object', '{"a":1,}', 'JSON_SYNTAX', 'expected a string but found "}" at line 1 column 8'],
  ['a missing comma', '{\n  "é": 1\n  "😀": 2 }', 'JSON_SYNTAX', `expected ',' or '}' but found "\\"" at line 3 column 3`],
  ['a missing comma in an array', '["😀" 2]', 'JSON_SYNTAX', `expected ',' or ']' but found "2" at line 1 column 6`],
  ['a missing colon', '{"a" 1}', 'JSON_SYNTAX', `expected ':' but found "1" at line 1 column 6`],
  ['a leading zero', '[01]', 'JSON_SYNTAX', `expected ',' or ']' but found "1" at line 1 column 3`],
  ['a lone minus', '-', 'JSON_SYNTAX', 'expected a value but found "-" at line 1 column 1'],
  ['a misspelt word', '[nul]', 'JSON_SYNTAX', 'expected a value but found "n" at line 1 column 2'],
  ['an open string', '"abc', 'JSON_SYNTAX', 'expected the rest of a string without control characters but found the end of the text at line 1 column 5'],
  ['a line break in a string', '"a\nb"', 'JSON_SYNTAX', 'expected the rest of a string without control characters but found "\\n" at line 1 column 3'],
  ['an unknown escape', String.raw`"\x"`, 'JSON_SYNTAX', 'expected an escape sequence but found "\\\\" at line 1 column 2'],
  ['a short unicode escape', String.raw`"\u12"`, 'JSON_SYNTAX', 'expected an escape sequence'],
  ['a backslash at the end', '"\\', 'JSON_SYNTAX', 'expected an escape sequence'],
  ['a lone high surrogate', String.raw`"\ud83d"`, 'JSON_SYNTAX', 'expected a pair of surrogates'],
  ['a high surrogate before another escape', String.raw`"\ud83d\u0041"`, 'JSON_SYNTAX', 'expected a pair of surrogates'],
  ['a lone low surrogate', String.raw`"\uDE00"`, 'JSON_SYNTAX', 'expected a pair of surrogates'],
  ['a number beyond a double, by exponent', '1e999', 'JSON_SYNTAX', 'found a number beyond the range of a double at line 1 column 1'],
  ['a number beyond a double, by digits', `[${'9'.repeat(400)}]`, 'JSON_SYNTAX', 'found a number beyond the range of a double at line 1 column 2'],
  ['one level too many', nested(maxNesting + 1), 'JSON_TOO_DEEP', 'too many nested arrays and objects at line 1 column 128'],
  ['100,000 levels', nested(100_000), 'JSON_TOO_DEEP', 'too many nested arrays and objects at line 1 column 128'],
  ['ten million open brackets', '['.repeat(10_000_000), 'JSON_TOO_DEEP', 'too many nested arrays and objects'],
  ['a million open objects', '{"a":'.repeat(1_000_000), 'JSON_TOO_DEEP', 'too many nested arrays and objects'],
];
for (const [title, text, code, message] of refused) {
  decode(`refuses ${title}`, () => {
    const fault = faultOf(() => decodeJson(encoder.encode(text)));
    assert.is(fault.code, code);
    assert.ok(fault.message.startsWith(`cannot read JSON: ${message}`), fault.message);
    assert.is(faultOf(() => parseLossless(text)).message, fault.message, 'both readers say the same');
  });
}

decode('reads exactly as deep as the reference', () => {
  assert.is(JSON.stringify(decodeJson(encoder.encode(nested(127)))), nested(127));
});

decode('a caller may ask for a smaller depth', () => {
  assert.equal(decodeJson(encoder.encode('[[]]'), { maxDepth: 2 }), [[]]);
  assert.is(faultOf(() => decodeJson(encoder.encode('[[[]]]'), { maxDepth: 2 })).code, 'JSON_TOO_DEEP');
});

const notUtf8: readonly (readonly [string, readonly number[]])[] = [
  ['a stray continuation byte', [0x22, 0x80, 0x22]],
  ['an overlong slash', [0x22, 0xc0, 0xaf, 0x22]],
  ['an encoded surrogate', [0x22, 0xed, 0xa0, 0x80, 0x22]],
  ['a cut-off character', [0x22, 0xe2, 0x82]],
  ['a byte that UTF-8 never uses', [0x22, 0xff, 0x22]],
];
for (const [title, bytes] of notUtf8) {
  decode(`refuses ${title}`, () => {
    assert.is(faultOf(() => decodeJson(Uint8Array.from(bytes))).code, 'JSON_NOT_UTF8');
    assert.is(faultOf(() => decodeText(Uint8Array.from(bytes))).code, 'JSON_NOT_UTF8');
  });
}

decode('text that is no JSON is still text', () => {
  assert.is(decodeText(encoder.encode('grüße')), 'grüße');
});

decode('a byte order mark is refused, not skipped', () => {
  for (const read of [decodeJson, decodeText]) {
    const fault = faultOf(() => read(encoder.encode('\ufeff{}')));
    assert.is(fault.code, 'JSON_SYNTAX');
    assert.is(fault.message, 'cannot read JSON: found a byte order mark at line 1 column 1');
  }
});

decode('what was encoded reads back', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const again = decodeJson(encodeJson(value as JsonValue));
      assert.equal(JSON.stringify(again), JSON.stringify(value));
    }),
    { seed: 11, numRuns: 300 },
  );
});

decode('agrees with JSON.parse on every document it accepts', () => {
  fc.assert(
    fc.property(jsonTexts, (text) => {
      assert.is(JSON.stringify(decodeJson(encoder.encode(text))), JSON.stringify(JSON.parse(text)));
    }),
    { seed: 12, numRuns: 500 },
  );
});

decode('damaged documents are read by both readers or refused by both', () => {
  let read = 0;
  let failed = 0;
  fc.assert(
    fc.property(mutatedJsonTexts, (text) => {
      const fast = attempt(() => decodeJson(encoder.encode(text)));
      const strict = attempt(() => parseLossless(encodedAndBack(text)));
      assert.is(fast, strict, text);
      if (fast === 'read') read += 1;
      else failed += 1;
      // Stricter than JSON.parse in three things, and in nothing laxer.
      const stricter = /a pair of surrogates|beyond the range of a double|too many nested/.test(fast);
      assert.ok(stricter || (fast === 'read') === isParsed(encodedAndBack(text)), text);
    }),
    { seed: 13, numRuns: 3000 },
  );
  assert.ok(read > 100 && failed > 100, `${read} read, ${failed} refused`);
});

/** The text as it arrives: unpaired surrogates do not survive UTF-8. */
const encodedAndBack = (text: string): string => new TextDecoder('utf-8', { ignoreBOM: true }).decode(encoder.encode(text));

/** Tells whether JSON.parse takes the text. */
function isParsed(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** 'read', or the message of the fault; anything else that is thrown fails the test. */
function attempt(read: () => unknown): string {
  try {
    read();
    return 'read';
  } catch (error) {
    return faultOf(() => {
      throw error;
    }).message;
  }
}

decode.run();
