// RFC 3339 timestamps. `Date.parse` alone is no judge of them: it takes other forms too, and rolls the 31st of April over.

const hourAndMinute = '(?:[01]\\d|2[0-3]):[0-5]\\d';
const pattern = new RegExp(`^(\\d{4}-\\d{2}-\\d{2})[Tt ](${hourAndMinute}):([0-5]\\d|60)(?:\\.\\d+)?([Zz]|[+-]${hourAndMinute})$`);

/** Reads a timestamp to the second, or `undefined` when it is none; a leap second is read as the one before. */
export function parseTimestamp(text: string): Date | undefined {
  const [, day = '', minute = '', second = '', zone = ''] = pattern.exec(text) ?? [];
  const midnight = new Date(`${day}T00:00:00Z`);
  if (Number.isNaN(midnight.getTime()) || !midnight.toISOString().startsWith(day)) return undefined;
  return new Date(`${day}T${minute}:${second === '60' ? '59' : second}${zone.toUpperCase()}`);
}
