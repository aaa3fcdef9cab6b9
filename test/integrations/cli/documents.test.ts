import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import { parseDocument, parseDocuments } from '../../../integrations/cli/src/documents.js';
import { faultOf } from '../../support/fault-of.js';

const documents = suite('cli/documents');

const bytes = (text: string): Uint8Array => Buffer.from(text);
const read = (text: string): unknown => parseDocument(bytes(text), 'the text');

const values: Readonly<Record<string, readonly [text: string, value: unknown]>> = {
  'an empty text is null': ['', null],
  'a comment is null': ['# nothing\n', null],
  'JSON': ['{"a": [1, 1.5, true, null, "x"]}', { a: [1, 1.5, true, null, 'x'] }],
  'YAML': ['a:\n  - 1\n  - yes\n  - ~\n', { a: [1, 'yes', null] }],
  'words of YAML 1.1 stay words': ['[on, off, yes, no, 0o17, 1_000]', ['on', 'off', 'yes', 'no', 15, '1_000']],
  'merge keys are not applied': ['{a: {x: 1}, b: {<<: 2}}', { a: { x: 1 }, b: { '<<': 2 } }],
  'aliases are resolved': ['a: &a [1]\nb: *a\n', { a: [1], b: [1] }],
  'integers beyond a double keep their digits': ['{"n": 9007199254740993, "m": -9223372036854775808}', { n: 9007199254740993n, m: -9223372036854775808n }],
  'integers within a double are numbers': ['n: 9007199254740991', { n: 9007199254740991 }],
  'keys of different objects, and texts that look like keys': ['[{"a": "a", "b": "{\\"b\\": 1"}, {"a": ["a", "a"]}]', [{ a: 'a', b: '{"b": 1' }, { a: ['a', 'a'] }]],
  'a key named __proto__ is a key': ['{"__proto__": {"a": 1}}', JSON.parse('{"__proto__": {"a": 1}}')],
  'a byte order mark is passed over': ['\ufeffa: 1', { a: 1 }],
};
for (const [title, [text, value]] of Object.entries(values)) documents(title, () => assert.equal(read(text), value));

const refused: Readonly<Record<string, readonly [text: string | Uint8Array, problem: string]>> = {
  'two documents': ['a: 1\n---\nb: 2', 'it holds 2 documents, expected one'],
  'a key given twice': ['{a: 1, "a": 2}', 'the key "a" appears twice in one map'],
  'a key given twice, deep inside': ['x: [{y: {a: 1, a: 2}}]', 'the key "a" appears twice in one map'],
  'a key given twice in JSON': ['{"x": [{"a": 1, "b": {"a": ":"}, "a": 2}]}', 'the key "a" appears twice in one map'],
  'a key given twice in JSON, in two spellings': [String.raw`{"a\"": 1, "\u0061\"": 2}`, String.raw`the key "a\"" appears twice in one map`],
  'broken YAML': ['a: [', 'at line 1'],
  'bytes that are no UTF-8': [Uint8Array.of(0x61, 0xff), 'its bytes are not UTF-8'],
  'a number that JSON does not have': ['a: .nan', 'NaN is no number that JSON can hold'],
  'a number without end': ['[-.inf]', '-Infinity is no number that JSON can hold'],
  'half a surrogate pair in a text': [String.raw`{"a": ["\ud800"]}`, 'a text holds half a surrogate pair'],
  'half a surrogate pair in a key, in YAML': [String.raw`- "\udc00": 1`, 'a text holds half a surrogate pair'],
  'a set, which would be an empty object': ['a: !!set { x, y }', 'Unresolved tag: tag:yaml.org,2002:set at line 1, column 4'],
  'a moment, which would be an empty object': ['a: !!timestamp 2001-12-14', 'Unresolved tag: tag:yaml.org,2002:timestamp'],
  'a tag that nobody knows': ['a: !mine 1', 'Unresolved tag: !mine'],
  'an alias to nothing': ['a: *b', 'Unresolved alias'],
  'deep flow collections': ['['.repeat(200), 'it is nested more than 127 levels deep'],
  'deep flow maps': ['{a: '.repeat(200), 'it is nested more than 127 levels deep'],
  'deep block lists': [`${'- '.repeat(128)}x`, 'it is nested more than 127 levels deep'],
  'deep block maps': [Array.from({ length: 128 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n'), 'it is nested more than 127 levels deep'],
  'deep keys': ['? '.repeat(200), 'it is nested more than 127 levels deep'],
  'maps as keys, whose text would fill the memory': ['? '.repeat(60), 'it has a key that is no plain text'],
  'lists as keys': ['{[a]: 1}', 'it has a key that is no plain text'],
  'aliases as keys': ['a: &a x\n*a : 1', 'it has a key that is no plain text'],
  'deep JSON': [`${'['.repeat(128)}${']'.repeat(128)}`, 'it is nested more than 127 levels deep'],
  'aliases that nest beyond what is written': [Array.from({ length: 70 }, (_, n) => `k${n}: &k${n} [[${n === 0 ? '' : `*k${n - 1}`}]]`).join('\n'), 'it is nested more than 127 levels deep'],
  'thousands of aliases, which would take minutes': [`x: &x 1\ny: [${'*x, '.repeat(20_000)}]`, 'it has more than 200 aliases'],
};
for (const [title, [text, problem]] of Object.entries(refused)) {
  documents(`refuses ${title}`, () => {
    const fault = faultOf(() => parseDocument(typeof text === 'string' ? bytes(text) : text, 'the text'));
    assert.is(fault.code, 'DOCUMENT_INVALID');
    assert.match(fault.message, /^Cannot read the text: [^\n]+\.$/);
    assert.match(fault.message, problem);
  });
}

documents('takes 127 levels in every style', () => {
  for (const text of [`${'['.repeat(127)}${']'.repeat(127)}`, `${'- '.repeat(127)}x`, Array.from({ length: 127 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n') + ' x', `${'[ '.repeat(127)}a b${']'.repeat(127)}`]) {
    assert.ok(read(text) !== null);
  }
});

documents('reads every document of a stream but the empty ones', () => {
  assert.equal(parseDocuments(bytes('---\na: 1\n---\n# nothing\n---\nb: 2\n'), 'the text'), [{ a: 1 }, { b: 2 }]);
  assert.equal(parseDocuments(bytes('# nothing\n'), 'the text'), []);
});

documents('reads what JSON.stringify writes', () => {
  fc.assert(fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
    const text = JSON.stringify(value);
    // Integers beyond a double are read with all their digits.
    const rounded = JSON.stringify(read(text), (_, member: unknown) => (typeof member === 'bigint' ? Number(member) : member));
    assert.is(rounded, text);
  }), { seed: 7, numRuns: 300 });
});

documents('ends on any text, with a value or a fault', () => {
  const pieces = fc.constantFrom('a', ':', ': ', '- ', '\n', '  ', '[', ']', '{', '}', ',', '"', "'", '&a ', '*a', '!t ', '|', '>', '? ', '---\n', '...\n', '#', '%', '@', '\t', '1', '.inf', '\u0000', '<<');
  fc.assert(fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
    try {
      read(parts.join(''));
    } catch (thrown) {
      assert.is(thrown instanceof Error ? thrown.name : '', 'Fault');
    }
  }), { seed: 7, numRuns: 2000 });
});

documents.run();
