// Reads the text of one option into its value, or says in one sentence why it cannot be one.
import { isIP } from 'node:net';

import type { OptionKind } from './options.js';

/** A value, or what is wrong with the text. */
export type OptionValue = { readonly kind: 'read'; readonly value: unknown } | { readonly kind: 'wrong'; readonly expected: string };

const read = (value: unknown): OptionValue => ({ kind: 'read', value });
const wrong = (expected: string): OptionValue => ({ kind: 'wrong', expected });

/** 1 MiB as a factor per unit of a size. */
const units: Readonly<Record<string, number>> = { '': 1, b: 1, kib: 1024, mib: 1024 ** 2, gib: 1024 ** 3, kb: 1000, mb: 1000 ** 2, gb: 1000 ** 3 };
const truthy = ['true', 'yes', 'on', '1'];
const falsy = ['false', 'no', 'off', '0'];

const readers: Readonly<Record<OptionKind, (text: string) => OptionValue>> = {
  text: (text) => (text === '' ? wrong('a value that is not empty') : read(text)),
  address: readAddress,
  port: (text) => whole(text, 0, 65535, 'a port number from 0 to 65535'),
  count: (text) => whole(text, 0, 1_000_000, 'a whole number from 0 to 1000000'),
  seconds: (text) => whole(text, 0, Number.MAX_SAFE_INTEGER, 'a whole number of seconds'),
  size: readSize,
  switch: readSwitch,
  paths: (text) => {
    const paths = text.split(',').map((path) => path.trim()).filter((path) => path !== '');
    return paths.length === 0 ? wrong('one or more paths, separated by commas') : read(paths);
  },
  level: (text) => oneOf(text.toLowerCase(), ['trace', 'debug', 'info', 'warn', 'error']),
  format: (text) => oneOf(text.toLowerCase(), ['text', 'json', 'otlp']),
};

/** Reads an option's text by its kind. */
export function readOptionValue(kind: OptionKind, text: string): OptionValue {
  return readers[kind](text);
}

/** An IPv6 address may stand in brackets: the reference takes no other spelling, as it puts the port behind it. */
function readAddress(text: string): OptionValue {
  const address = /^\[([^\]]*:[^\]]*)\]$/.exec(text)?.[1] ?? text;
  return isIP(address) === 0 ? wrong('an IP address such as 0.0.0.0 or ::') : read(address);
}

function whole(text: string, least: number, most: number, expected: string): OptionValue {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? read(value) : wrong(expected);
}

function readSize(text: string): OptionValue {
  const [, digits, unit] = /^(\d+)\s*([a-z]*)$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit.toLowerCase()];
  const bytes = digits === undefined || factor === undefined ? Number.NaN : Number(digits) * factor;
  return Number.isSafeInteger(bytes) && bytes > 0 ? read(bytes) : wrong('a size such as 8MiB, 512KiB or 1048576');
}

function readSwitch(text: string): OptionValue {
  const word = text.toLowerCase();
  if (truthy.includes(word)) return read(true);
  return falsy.includes(word) ? read(false) : wrong('true or false (also yes/no, on/off, 1/0)');
}

function oneOf(text: string, words: readonly string[]): OptionValue {
  return words.includes(text) ? read(text) : wrong(`one of ${words.join(', ')}`);
}
