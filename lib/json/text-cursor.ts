// The tokens of JSON (RFC 8259), read from text with the strictness of the reference's parser. Values are made in lossless.ts.
import { jsonFault, quoted } from './json-fault.js';

const quote = 0x22;
const backslash = 0x5c;
const singleEscapes = '"\\/bfnrt';
const numberShape = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;

const isSpace = (unit: number): boolean => unit === 0x20 || unit === 0x0a || unit === 0x0d || unit === 0x09;

/** A position in a JSON text that moves forward token by token; every refusal names its line and column. */
export class TextCursor {
  offset = 0;
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  /** The next character that is not white space, left in place; '' at the end of the text. */
  peek(): string {
    while (isSpace(this.text.charCodeAt(this.offset))) this.offset += 1;
    return this.text.charAt(this.offset);
  }

  /** Stops the reading: `expected` is what should have stood at the given offset. */
  fail(expected: string, offset = this.offset): never {
    const found = this.text.codePointAt(offset);
    const what = found === undefined ? 'the end of the text' : quoted(String.fromCodePoint(found));
    throw jsonFault('JSON_SYNTAX', `expected ${expected} but found ${what}`, this.text, offset);
  }

  /** Takes one character that `peek` may have to find first. */
  take(character: string): void {
    if (this.peek() !== character) this.fail(`'${character}'`);
    this.offset += 1;
  }

  /** Takes `true`, `false` or `null`. */
  takeWord(word: string): void {
    if (!this.text.startsWith(word, this.offset)) this.fail('a value');
    this.offset += word.length;
  }

  /** Takes a number and gives its text as it was written. */
  takeNumber(): string {
    numberShape.lastIndex = this.offset;
    const text = numberShape.exec(this.text)?.[0];
    if (text === undefined) return this.fail('a value');
    if (!Number.isFinite(Number(text))) throw jsonFault('JSON_SYNTAX', 'found a number beyond the range of a double', this.text, this.offset);
    this.offset += text.length;
    return text;
  }

  /** Takes a string, quotes included, and gives what it stands for. */
  takeString(): string {
    const start = this.offset;
    if (this.text.charCodeAt(start) !== quote) this.fail('a string');
    let escaped = false;
    let at = start + 1;
    for (;;) {
      const unit = this.text.charCodeAt(at);
      if (unit === quote) break;
      if (unit === backslash) {
        escaped = true;
        at = this.endOfEscape(at);
      } else if (unit >= 0x20) {
        at += 1;
      } else {
        this.fail('the rest of a string without control characters', at);
      }
    }
    this.offset = at + 1;
    return escaped ? String(JSON.parse(this.text.slice(start, at + 1))) : this.text.slice(start + 1, at);
  }

  private endOfEscape(at: number): number {
    const letter = this.text.charAt(at + 1);
    if (letter !== '' && singleEscapes.includes(letter)) return at + 2;
    const unit = this.escapedUnit(at);
    if (unit === undefined) return this.fail('an escape sequence', at);
    if (unit < 0xd800 || unit > 0xdfff) return at + 6;
    // Half a pair is no character: the reference refuses it, and it could not be sent on as UTF-8.
    const low = unit < 0xdc00 ? this.escapedUnit(at + 6) : undefined;
    if (low === undefined || low < 0xdc00 || low > 0xdfff) return this.fail('a pair of surrogates', at);
    return at + 12;
  }

  /** The code unit written as `\uXXXX` at an offset. */
  private escapedUnit(at: number): number | undefined {
    const escape = this.text.slice(at, at + 6);
    return /^\\u[0-9a-fA-F]{4}$/.test(escape) ? Number.parseInt(escape.slice(2), 16) : undefined;
  }
}
