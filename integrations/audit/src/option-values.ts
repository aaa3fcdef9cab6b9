// Reads the text of one option into its value, or says in one sentence why it cannot be one.
import type { OptionKind } from './options.js';

/** A value, or what is wrong with the text, to stand behind the flag's name. */
export type OptionValue = { readonly kind: 'read'; readonly value: unknown } | { readonly kind: 'wrong'; readonly because: string };

const read = (value: unknown): OptionValue => ({ kind: 'read', value });

/** Words for yes and no, as Go's flags know them. */
const words: Readonly<Record<string, boolean>> = { '1': true, 't': true, 'true': true, '0': false, 'f': false, 'false': false };

/** Levels by the words for them; the charts of the reference write `warn`, and its own default is empty. */
const levels: Readonly<Record<string, string>> = { '': 'info', 'debug': 'debug', 'info': 'info', 'warn': 'warning', 'warning': 'warning', 'error': 'error' };

const readers: Readonly<Record<OptionKind, (text: string) => OptionValue>> = {
  'text': (text) => read(text === '' ? undefined : text),
  'switch': (text) => word(words, text, 'true or false'),
  'count': readCount,
  'names': (text) => read(namesIn(text)),
  'level': (text) => word(levels, text, 'debug, info, warning or error'),
  'report-kind': (text) =>
    text === 'policyreport' || text === 'openreports' ? read(text) : { kind: 'wrong', because: `invalid report-kind '${text}': supported values are 'openreports' and 'policyreport'` },
};

/** Reads an option's text by its kind. */
export function readOptionValue(kind: OptionKind, text: string): OptionValue {
  return readers[kind](text);
}

function word<Value>(table: Readonly<Record<string, Value>>, text: string, expected: string): OptionValue {
  const key = text.toLowerCase();
  return Object.hasOwn(table, key) ? read(table[key]) : { kind: 'wrong', because: `'${text}' is not ${expected}` };
}

function readCount(text: string): OptionValue {
  return /^[1-9]\d{0,5}$/.test(text) ? read(Number(text)) : { kind: 'wrong', because: `'${text}' is not a number from 1 to 999999` };
}

function namesIn(text: string): readonly string[] {
  return text.split(',').map((name) => name.trim()).filter((name) => name !== '');
}
