// Sizes for humans.

const units = ['B', 'kB', 'MB', 'GB', 'TB'] as const;

/** A number of bytes in decimal units with three digits or so: `950 B`, `1.23 MB`. */
export function formatBytes(bytes: number): string {
  const power = bytes < 1000 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0)} ${units[power] ?? 'B'}`;
}
