// The order in which the reference writes object keys: a B-tree over UTF-8, where JavaScript compares UTF-16.

/** Moves surrogates above U+E000..U+FFFF, which is where their characters sort in UTF-8. */
function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit > 0xdfff ? unit - 0x800 : unit + 0x2000;
}

/** Compares two strings by the order of their UTF-8 bytes; for `Array.prototype.sort`. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index += 1) {
    const difference = rank(a.charCodeAt(index)) - rank(b.charCodeAt(index));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** The keys of a map in that order. */
export function sortedKeys(map: ReadonlyMap<string, unknown>): readonly string[] {
  return [...map.keys()].sort(compareKeys);
}
