// JSON documents as text, valid and damaged, for property tests: with the numbers, escapes and keys that trip readers.
import fc from 'fast-check';

const scalars = fc.oneof(
  fc.constantFrom('0', '-0', '1', '1.0', '1e0', '10', '-1.50', '9007199254740993', '18446744073709551615', '18446744073709551616', '-9223372036854775808', '1E+2', '5e-324'),
  fc.constantFrom('true', 'false', 'null', '""', '"a"', String.raw`"\u0041"`, String.raw`"\ud83d\ude00"`, String.raw`"\n\\\"/\/"`, '"é😀\u2028"'),
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.string({ unit: 'binary' }).map((value) => JSON.stringify(value)),
);

const keys = fc.oneof(
  fc.constantFrom('"a"', '"b"', '"__proto__"', '"constructor"', '""', '"a/b"', '"m~n"', '"\u{10000}"', '"\uffff"', String.raw`"\u0061"`),
  fc.string({ maxLength: 4 }).map((value) => JSON.stringify(value)),
);

const { document } = fc.letrec<{ document: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 6, depthSize: 'small' },
    scalars,
    fc.array(tie('document'), { maxLength: 5 }).map((items) => `[${items.join(', ')}]`),
    fc.array(fc.tuple(keys, tie('document')), { maxLength: 5 }).map((members) => `{ ${members.map(([key, value]) => `${key}:${value}`).join(',')}\n}`),
  ),
}));

/** Valid documents, duplicate keys included. */
export const jsonTexts = document;

const damage = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  remove: fc.integer({ min: 0, max: 2 }),
  insert: fc.constantFrom('', '', ',', ':', '"', '\\', '[', ']', '{', '}', '0', '-', '.', 'e', 'E9', 'x', '\n', '\u0000', '\ud83d', String.raw`\ud800`, '/', 'true', '1e400'),
});

/** The same with a character or two removed or put in. */
export const mutatedJsonTexts = fc.tuple(document, fc.array(damage, { minLength: 1, maxLength: 3 })).map(([text, damages]) =>
  damages.reduce((broken, { at, remove, insert }) => {
    const offset = Math.floor(at * broken.length);
    return broken.slice(0, offset) + insert + broken.slice(offset + remove);
  }, text),
);
