import fc from 'fast-check';
import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import { Fault } from '../../../lib/fault.js';
import { scanElements, scanMembers, type Span } from '../../../lib/json/scan.js';
import { faultOf } from '../../support/fault-of.js';
import { jsonTexts, mutatedJsonTexts } from '../../support/json-texts.js';

const scan = suite('json/scan');
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The members of an object as the texts of their values. */
function slices(text: string, start?: number): Record<string, string> {
  const bytes = encoder.encode(text);
  const members = scanMembers(bytes, start);
  return Object.fromEntries([...members].map(([key, span]) => [key, decoder.decode(bytes.subarray(span.start, span.end))]));
}

scan('slices the exact bytes of each value, white space around it left out', () => {
  const text = ' { "a" : 18446744073709551615 ,"b":\t1.0\n, "c":{ "d" : [ 1 , "]}" ] }, "e":"\\"}" ,"f":null}';
  assert.equal(slices(text), { a: '18446744073709551615', b: '1.0', c: '{ "d" : [ 1 , "]}" ] }', e: '"\\"}"', f: 'null' });
});

scan('an object without members has none', () => {
  assert.equal(slices(' { } '), {});
});

scan('reads the object that begins at an offset and nothing after it', () => {
  const text = '{"request": {"uid":"1"} , "junk" }';
  assert.equal(slices(text, text.indexOf(':') + 1), { uid: '"1"' });
});

scan('an escaped key is the key it stands for', () => {
  assert.equal(slices(String.raw`{"requ\u0065st":1,"é\n😀":2,"\ud83d\ude01":3}`), { request: '1', 'é\n😀': '2', '😁': '3' });
});

scan('two spellings of one key are a duplicate', () => {
  const fault = faultOf(() => slices(String.raw`{"request":1,"requ\u0065st":2}`));
  assert.is(fault.code, 'JSON_DUPLICATE_KEY');
  assert.is(fault.message, 'cannot read JSON: the key "request" appears twice in one object, again at byte 13');
});

scan('a duplicate key further down is not this object\'s', () => {
  assert.equal(slices('{"a":{"x":1,"x":2},"b":[{"a":1}]}'), { a: '{"x":1,"x":2}', b: '[{"a":1}]' });
});

scan('a long duplicate key is cut in the message', () => {
  const key = 'k'.repeat(100_000);
  assert.ok(faultOf(() => slices(`{"${key}":1,"${key}":2}`)).message.length < 200);
});

scan('a __proto__ key is a key', () => {
  assert.ok(scanMembers(encoder.encode('{"__proto__":1}')).has('__proto__'));
});

scan('a value of a million levels costs no stack', () => {
  const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
  assert.is(slices(`{"a":${deep}}`)['a'], deep);
});

const refused: readonly (readonly [string, string])[] = [
  ['no object', '[1]'],
  ['nothing', ''],
  ['an object that does not end', '{'],
  ['a key without quotes', '{a:1}'],
  ['a key that does not end', '{"a'],
  ['a key that ends in a backslash', '{"a\\'],
  ['a key with a broken escape', String.raw`{"\x":1}`],
  ['a missing colon', '{"a" 1}'],
  ['a missing value', '{"a":}'],
  ['a missing value at the end', '{"a":'],
  ['a string value that does not end', '{"a":"b'],
  ['an array that does not end', '{"a":[[1]'],
  ['a scalar without an end', '{"a":12'],
  ['a missing comma', '{"a":1 "b":2}'],
  ['a trailing comma', '{"a":1,}'],
];
for (const [title, text] of refused) {
  scan(`refuses ${title} although nobody checked the bytes before`, () => {
    assert.is(faultOf(() => slices(text)).code, 'JSON_SYNTAX');
  });
}

scan('refuses a key that is not UTF-8', () => {
  assert.is(faultOf(() => scanMembers(Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d))).code, 'JSON_SYNTAX');
});

scan('finds in every object what JSON.parse finds', () => {
  const member = fc.tuple(fc.string({ unit: 'binary' }), jsonTexts);
  const members = fc.uniqueArray(member, { selector: ([key]) => key, maxLength: 8 });
  fc.assert(
    fc.property(members, (entries) => {
      const text = `{${entries.map(([key, value]) => `${JSON.stringify(key)}: ${value}`).join(' ,\n')}}`;
      assert.equal(Object.entries(slices(text)).sort(), entries.map(([key, value]): [string, string] => [key, value]).sort());
    }),
    { seed: 21, numRuns: 400 },
  );
});

/** Spans inside the bytes, or a fault: never anything else. */
function checkEndsInside(bytes: Uint8Array): void {
  let spans: readonly Span[] = [];
  try {
    spans = [...scanMembers(bytes).values()];
  } catch (error) {
    assert.instance(error, Fault);
  }
  for (const { start, end } of spans) assert.ok(0 < start && start < end && end < bytes.length);
}

scan('damaged documents and plain noise end in spans inside the bytes or in a fault', () => {
  const damaged = mutatedJsonTexts.map((text) => encoder.encode(`{"a":${text}}`));
  const noise = fc.array(fc.constantFrom(...encoder.encode('{}[]":,\\ a1\u0000ÿ')), { maxLength: 30 }).map((codes) => Uint8Array.from([0x7b, 0x22, ...codes]));
  fc.assert(fc.property(fc.oneof(damaged, noise, fc.uint8Array()), checkEndsInside), { seed: 22, numRuns: 5000 });
});

const elementsOf = (text: string, start?: number): readonly string[] => {
  const bytes = encoder.encode(text);
  return scanElements(bytes, start).map((span) => decoder.decode(bytes.subarray(span.start, span.end)));
};

scan('slices the exact bytes of each element of an array', () => {
  assert.equal(elementsOf(' [ 1.0 ,{"a":[1,"]"]},\t"x,y" ,null] , 5'), ['1.0', '{"a":[1,"]"]}', '"x,y"', 'null']);
  assert.equal(elementsOf('{"a":[ ]}', 5), []);
});

scan('what is no array, or does not end, is refused', () => {
  for (const text of ['{}', '[1', '[1,', '[', '']) assert.is(faultOf(() => elementsOf(text)).code, 'JSON_SYNTAX', text);
});

scan.run();
