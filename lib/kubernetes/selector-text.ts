// Label selectors as text: `app=web,tier in (front,back),!legacy`. PURE.
import { checkRequirement, isInteger, type LabelRequirement, type LabelSelector, selectorFault } from './selector.js';

/** A text longer than this is no selector that anybody wrote, in characters. */
const maxLength = 64 * 1024;

type Token = { readonly kind: 'word'; readonly text: string } | { readonly kind: 'sign'; readonly text: string } | { readonly kind: 'end'; readonly text: '' };

/** Signs of the grammar; longer ones first. `in` and `notin` are words that mean something only after a key. */
const tokenPattern = /\s*(==|!=|[=!<>(),]|[^\s=!<>(),]+)/uy;

/**
 * Reads the text form; an empty text selects everything.
 *
 * @throws {Fault} KUBERNETES_SELECTOR_INVALID
 * @see https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function parseSelector(text: string): LabelSelector {
  if (text.length > maxLength) throw selectorFault(`it has ${text.length} characters, and ${maxLength} are read`);
  const tokens = new Tokens(text);
  const selector: LabelRequirement[] = [];
  if (tokens.peek().kind === 'end') return selector;
  for (;;) {
    const requirement = readRequirement(tokens);
    checkRequirement(requirement);
    selector.push(requirement);
    const next = tokens.take();
    if (next.kind === 'end') return selector;
    if (next.text !== ',') throw unexpected(next, "',' or the end");
  }
}

/** Writes the text form, which the API server takes as `labelSelector`. */
export function formatSelector(selector: LabelSelector): string {
  return selector.map(formatRequirement).join(',');
}

function formatRequirement(requirement: LabelRequirement): string {
  const { key } = requirement;
  switch (requirement.kind) {
    case 'in':
      return requirement.values.length === 1 ? `${key}=${requirement.values.join()}` : `${key} in (${requirement.values.join(',')})`;
    case 'not-in':
      return requirement.values.length === 1 ? `${key}!=${requirement.values.join()}` : `${key} notin (${requirement.values.join(',')})`;
    case 'exists':
      return key;
    case 'not-exists':
      return `!${key}`;
    case 'greater-than':
      return `${key}>${requirement.value.toString()}`;
    case 'less-than':
      return `${key}<${requirement.value.toString()}`;
  }
}

function readRequirement(tokens: Tokens): LabelRequirement {
  const first = tokens.take();
  if (first.kind === 'sign' && first.text === '!') return { kind: 'not-exists', key: takeWord(tokens, 'a key') };
  if (first.kind !== 'word') throw unexpected(first, 'a key');
  const next = tokens.peek();
  if (next.kind === 'end' || next.text === ',') return { kind: 'exists', key: first.text };
  return readComparison(first.text, tokens);
}

function readComparison(key: string, tokens: Tokens): LabelRequirement {
  const operator = tokens.take();
  switch (operator.text) {
    case '=':
    case '==':
      return { kind: 'in', key, values: [takeValue(tokens)] };
    case '!=':
      return { kind: 'not-in', key, values: [takeValue(tokens)] };
    case 'in':
      return { kind: 'in', key, values: takeValues(tokens) };
    case 'notin':
      return { kind: 'not-in', key, values: takeValues(tokens) };
    case '>':
      return { kind: 'greater-than', key, value: takeInteger(tokens) };
    case '<':
      return { kind: 'less-than', key, value: takeInteger(tokens) };
    default:
      throw unexpected(operator, 'an operator');
  }
}

function takeWord(tokens: Tokens, wanted: string): string {
  const token = tokens.take();
  if (token.kind !== 'word') throw unexpected(token, wanted);
  return token.text;
}

/** A value after `=`, which may be empty. */
function takeValue(tokens: Tokens): string {
  const next = tokens.peek();
  return next.kind === 'end' || next.text === ',' ? '' : takeWord(tokens, 'a value');
}

function takeInteger(tokens: Tokens): bigint {
  const text = takeWord(tokens, 'an integer');
  if (!isInteger(text)) throw selectorFault(`${JSON.stringify(text)} is no integer of 64 bits`);
  return BigInt(text);
}

/** Values in parentheses; nothing between two commas is the empty value. */
function takeValues(tokens: Tokens): readonly string[] {
  const open = tokens.take();
  if (open.text !== '(') throw unexpected(open, "'('");
  const values: string[] = [];
  for (;;) {
    values.push(tokens.peek().kind === 'word' ? tokens.take().text : '');
    const next = tokens.take();
    if (next.text === ')') return [...new Set(values)].sort();
    if (next.text !== ',') throw unexpected(next, "',' or ')'");
  }
}

function unexpected(token: Token, wanted: string): Error {
  return selectorFault(`found ${token.kind === 'end' ? 'its end' : `'${token.text}'`} where ${wanted} belongs`);
}

/** The tokens of a text, with a look at the next one. */
class Tokens {
  readonly #text: string;
  #offset = 0;
  #next: Token | undefined;

  constructor(text: string) {
    this.#text = text;
  }

  peek(): Token {
    this.#next ??= this.#read();
    return this.#next;
  }

  take(): Token {
    const token = this.peek();
    this.#next = undefined;
    return token;
  }

  #read(): Token {
    tokenPattern.lastIndex = this.#offset;
    const text = tokenPattern.exec(this.#text)?.[1];
    // What no token begins with is white space at the end.
    if (text === undefined) return { kind: 'end', text: '' };
    this.#offset = tokenPattern.lastIndex;
    return { kind: /^[=!<>(),]/.test(text) ? 'sign' : 'word', text };
  }
}
