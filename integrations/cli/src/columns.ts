// Tables of several columns: titles, then rows; every column but the last is as wide as its widest cell.
import { oneLine, type Palette } from './terminal-text.js';

/** Lays cells out in columns. */
export function formatColumns(titles: readonly string[], rows: readonly (readonly string[])[], { bold }: Palette): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = titles.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('  ');
  return `${bold(line(titles))}\n${cells.map((row) => `${line(row)}\n`).join('')}`;
}
