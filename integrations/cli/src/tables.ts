// Tables of names and values for a terminal. Only the names are padded, so that values may hold any script; long ones are
// wrapped under themselves.
import { harmless, type Palette } from './terminal-text.js';

/** A name and its value; a value may have several lines. */
export type Row = readonly [name: string, value: string];

/** How wide and in which colours. */
export interface TableStyle {
  readonly palette: Palette;
  /** Columns of the terminal. */
  readonly columns: number;
}

const indent = '  ';
/** Values are not squeezed into fewer columns than this, however narrow the terminal. */
const narrowest = 20;

/** A titled table; without rows there is none. */
export function formatTable(title: string, rows: readonly Row[], style: TableStyle): string {
  if (rows.length === 0) return '';
  const width = Math.max(...rows.map(([name]) => name.length)) + 2;
  const room = Math.max(narrowest, style.columns - indent.length - width);
  const lines = rows.flatMap(([name, value]) =>
    harmless(value)
      .split('\n')
      .flatMap((line) => wrapped(line, room))
      .map((line, index) => `${indent}${index === 0 ? style.palette.cyan(harmless(name).padEnd(width)) : ' '.repeat(width)}${line}`.trimEnd()),
  );
  return `${style.palette.bold(title)}\n${lines.join('\n')}\n`;
}

/** A titled block of text, line by line as it is. */
export function formatBlock(title: string, text: string, { palette }: TableStyle): string {
  const lines = harmless(text).trimEnd().split('\n').map((line) => `${indent}${line}`.trimEnd());
  return `${palette.bold(title)}\n${lines.join('\n')}\n`;
}

/** A line in pieces of at most `room` characters, broken at spaces only: a digest or a URL must stay whole to be copied. */
function wrapped(line: string, room: number): readonly string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > room) {
    const before = rest.lastIndexOf(' ', room);
    const space = before > 0 ? before : rest.indexOf(' ', room);
    if (space < 0) break;
    pieces.push(rest.slice(0, space));
    rest = rest.slice(space + 1);
  }
  return [...pieces, rest];
}
