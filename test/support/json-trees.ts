// Random JSON objects that are known before they are written down: the tree, and a spelling of it with escapes and white
// space where JSON allows them. For tests that must not trust any reader with the original.
import fc from 'fast-check';

import { JsonNumber } from '../../lib/json/json-number.js';
import { isList, isMap, type Lossless } from '../../lib/json/lossless.js';

const numbers = fc.oneof(
  fc.constantFrom('0', '-0', '1', '1.0', '1e3', '-1.50', '-0.0', '1E+2', '2e-7', '5e-324', '9007199254740993', '18446744073709551615', '-9223372036854775808', '0.10'),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);
const texts = fc.oneof(fc.constantFrom('', 'a/b', '"\\', '\0', '\u00001', '\0\0', 'größe ☃😀', '\u2028', '\n\t\u0001'), fc.string({ unit: 'binary', maxLength: 8 }));
const keys = fc.oneof(fc.constantFrom('metadata', 'labels', 'user', '__proto__', 'constructor', '', 'a/b', '\u00001', '1', '☃'), fc.string({ unit: 'binary', maxLength: 4 }));

function objectOf(values: fc.Arbitrary<Lossless>): fc.Arbitrary<ReadonlyMap<string, Lossless>> {
  return fc.array(fc.tuple(keys, values), { maxLength: 4 }).map((members) => new Map(members));
}

/** Any value, four levels deep at most. */
export const jsonTrees: fc.Arbitrary<Lossless> = fc.letrec<{ value: Lossless }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: 'small' },
    numbers.map((text) => new JsonNumber(text)),
    texts,
    fc.constantFrom(null, true, false),
    fc.array(tie('value'), { maxLength: 4 }),
    objectOf(tie('value')),
  ),
})).value;

/** Objects with members of any kind. */
export const jsonObjects = objectOf(jsonTrees);

/** Strings that are hard to write down, never empty. */
export const jsonNames = texts.filter((text) => text !== '');

/** Writes a tree down in one of many ways, chosen by `seed`. */
export function spelled(tree: Lossless, seed: number): string {
  let state = seed;
  /** The next of a sequence of small numbers. */
  const next = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 16) % below;
  };
  const space = (): string => ['', '', '', ' ', '\n', '\t', '\r\n  '][next(7)] ?? '';
  const letter = (unit: string): string => {
    const escaped = `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
    if (unit === '/' && next(2) === 0) return '\\/';
    return next(8) === 0 ? (next(2) === 0 ? escaped : escaped.replace(/[a-f]/g, (digit) => digit.toUpperCase())) : JSON.stringify(unit).slice(1, -1);
  };
  // Code units, so that a pair of surrogates is escaped as two or not at all.
  const string = (text: string): string => `"${Array.from(text, (point) => (point.length === 1 ? letter(point) : pair(point))).join('')}"`;
  const pair = (point: string): string => (next(4) === 0 ? point.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`) : point);
  const write = (value: Lossless): string => {
    if (value instanceof JsonNumber) return value.text;
    if (typeof value === 'string') return string(value);
    if (isList(value)) return `[${space()}${value.map((item) => `${write(item)}${space()}`).join(`,${space()}`)}]`;
    if (isMap(value)) return `{${space()}${[...value].map(([key, item]) => `${string(key)}${space()}:${space()}${write(item)}${space()}`).join(`,${space()}`)}}`;
    return JSON.stringify(value);
  };
  return `${space()}${write(tree)}${space()}`;
}
