// Texts on their way to a terminal: colours, and words of others made harmless. Policies are hostile: what they log must
// not move the cursor, recolour the screen or forge lines.

/** Paints words, or leaves them alone where colours are not wanted. */
export interface Palette {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/** The palette with or without colours. */
export function createPalette(coloured: boolean): Palette {
  // SGR codes: the attribute, and the one that ends it.
  const paint = (on: number, off: number) => (text: string): string => (coloured ? `\u001b[${on}m${text}\u001b[${off}m` : text);
  return { bold: paint(1, 22), dim: paint(2, 22), red: paint(31, 39), green: paint(32, 39), yellow: paint(33, 39), cyan: paint(36, 39) };
}

/** What decides whether a stream is painted. */
export interface ColourWishes {
  readonly isTerminal: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Whether to paint: `FORCE_COLOR` before `NO_COLOR` before what the stream is, as Node itself does. */
export function wantsColour({ isTerminal, env }: ColourWishes): boolean {
  const forced = env['FORCE_COLOR'];
  if (forced !== undefined) return forced !== '0' && forced !== 'false';
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  return isTerminal && env['TERM'] !== 'dumb';
}

// Control characters but tab and line feed, line separators, and the marks that turn the direction of writing.
const harmful = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The text with harmful characters spelled out; lines stay lines. */
export function harmless(text: string): string {
  return text.replace(harmful, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** The same on one line. */
export function oneLine(text: string): string {
  return harmless(text).replace(/\n/g, '\\n');
}

/** A value as JSON that steers no terminal; the spelling of `harmless` is JSON's own, so programs read the same. */
export function harmlessJson(value: unknown, indent?: number): string {
  return harmless(JSON.stringify(value, undefined, indent));
}
