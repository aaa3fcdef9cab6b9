// The failures of reading JSON, and how a place in a text is told to a human.
import { Fault } from '../fault.js';

export type JsonFaultCode = 'JSON_NOT_UTF8' | 'JSON_SYNTAX' | 'JSON_TOO_DEEP' | 'JSON_TOO_MANY_VALUES' | 'JSON_DUPLICATE_KEY';

const shownChars = 40;

/** A piece of somebody else's text, quoted and short enough for a message. */
export function quoted(text: string): string {
  return JSON.stringify(text.length > shownChars ? `${text.slice(0, shownChars)}...` : text);
}

/** Where an offset (UTF-16 units) lies: line and column count from 1, columns in characters. */
function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  let line = 1;
  let column = 1;
  for (let index = 0; index < offset; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x0a) {
      line += 1;
      column = 1;
    } else if (unit < 0xdc00 || unit > 0xdfff) {
      column += 1; // the second half of a surrogate pair is no character of its own
    }
  }
  return { line, column };
}

/** A fault that names a place in the text; `problem` continues the words "cannot read JSON:". */
export function jsonFault(code: JsonFaultCode, problem: string, text: string, offset: number): Fault<JsonFaultCode> {
  const { line, column } = placeOf(text, offset);
  return new Fault(code, `cannot read JSON: ${problem} at line ${line} column ${column}`, { context: { line, column } });
}
