// Words of others on their way to a terminal or a line of text: what would forge lines or give orders is spelled out.

/** Control characters, line separators, and the marks that turn the direction of writing. */
const harmful = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const spell = (character: string): string => (character === '\n' ? '\\n' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** The text on one line. */
export function onOneLine(text: string): string {
  return text.replace(harmful, spell);
}

/** The text with its lines kept. */
export function onLines(text: string): string {
  return text.split('\n').map(onOneLine).join('\n');
}
