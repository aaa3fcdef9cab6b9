// Reads the text of one option into its value, or says in one sentence why it cannot be one.
import type { OptionKind } from './options.js';

/** A value, or what the text should have been. */
export type OptionValue = { readonly kind: 'read'; readonly value: unknown } | { readonly kind: 'wrong'; readonly expected: string };

const read = (value: unknown): OptionValue => ({ kind: 'read', value });
const wrong = (expected: string): OptionValue => ({ kind: 'wrong', expected });

/** Words for yes and no, as Go's flags know them. */
const words: Readonly<Record<string, boolean>> = { '1': true, 't': true, 'true': true, '0': false, 'f': false, 'false': false };

/** Levels of zap that have other names here. */
const levels: Readonly<Record<string, string>> = { debug: 'debug', info: 'info', warn: 'warn', error: 'error', panic: 'error' };

const readers: Readonly<Record<OptionKind, (text: string) => OptionValue>> = {
  text: (text) => read(text === '' ? undefined : text),
  switch: (text) => readSwitch(text.toLowerCase()),
  port: readPort,
  address: readAddress,
  names: (text) => read(text.split(',').map((name) => name.trim()).filter((name) => name !== '')),
  level: (text) => readLevel(text.toLowerCase()),
};

/** Reads an option's text by its kind. */
export function readOptionValue(kind: OptionKind, text: string): OptionValue {
  return readers[kind](text);
}

function readSwitch(text: string): OptionValue {
  const value = Object.hasOwn(words, text) ? words[text] : undefined;
  return value === undefined ? wrong('true or false') : read(value);
}

function readPort(text: string): OptionValue {
  const value = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= 65535 ? read(value) : wrong('a port number from 1 to 65535');
}

/** `host:port` or `:port`; `0` is no address. */
function readAddress(text: string): OptionValue {
  if (text === '0') return read('off');
  const [, host, port = ''] = /^(.*):(\d{1,5})$/.exec(text) ?? [];
  const value = Number(port);
  if (host === undefined || value > 65535) return wrong('an address such as :8081 or 127.0.0.1:8081, or 0');
  const address = host.replace(/^\[(.*)\]$/, '$1');
  return read(address === '' ? { port: value } : { host: address, port: value });
}

/** zap also takes numbers: the higher, the more is logged. */
function readLevel(text: string): OptionValue {
  const level = /^[1-9]\d*$/.test(text) ? 'debug' : Object.hasOwn(levels, text) ? levels[text] : undefined;
  return level === undefined ? wrong('debug, info, warn, error or a number above zero') : read(level);
}
