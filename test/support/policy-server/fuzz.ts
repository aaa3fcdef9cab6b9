// Requests by chance, the same ones every time: a seed decides.

/** A source of numbers from 0 to below 1 (mulberry32). */
export type Chance = () => number;

/** The numbers of a seed. */
export function chanceOf(seed: number): Chance {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A whole number below a limit. */
export const below = (chance: Chance, limit: number): number => Math.floor(chance() * limit);
/** One of a list. */
export const oneOf = <Item>(chance: Chance, items: readonly [Item, ...Item[]]): Item => items[below(chance, items.length)] ?? items[0];

const tokens = ['{', '}', '[', ']', '"', ',', ':', 'null', 'true', '1e999', '-0', '18446744073709551616', '"\\ud800"', '\\', '\u0000', '\u001f', '{"request":', '"__proto__":', '"uid":1,', '"request":{},', 'é', '\ufeff', '[[[[[[[[[[[[[[[[', ' '.repeat(100)] as const;

/** Text that differs from the given one in a few places, by bytes, ranges and tokens. */
export function mutated(chance: Chance, text: Uint8Array): Uint8Array {
  let bytes = Buffer.from(text);
  for (let count = below(chance, 4); count >= 0; count -= 1) {
    const at = below(chance, bytes.length + 1);
    const length = below(chance, 40);
    switch (below(chance, 6)) {
      case 0:
        if (at < bytes.length) bytes[at] = below(chance, 256);
        break;
      case 1:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]);
        break;
      case 2:
        bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at)]);
        break;
      case 3:
        bytes = bytes.subarray(0, at);
        break;
      case 4:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(oneOf(chance, tokens)), bytes.subarray(at)]);
        break;
      default:
        bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(oneOf(chance, tokens)), bytes.subarray(at + length)]);
    }
  }
  return bytes;
}

const pathParts = ['validate', 'audit', 'validate_raw', 'accept', 'Validate', '..', '.', '', '%2F', '%2f%2F', '%', '%zz', '%00', '%ff', '%c3%a9', '%E2%98%83', 'constructor', '__proto__', 'toString', 'a'.repeat(300), ';', '*', '(.*)', ':policyId', '@', '+', '~', '?', '??', '#', '?timeout=', '?timeout=1s&timeout=2s', '?timeout[]=1', '?__proto__=1', '&', '=', '//', '\\', '{}', '[', '|'] as const;

/** A path that may or may not lead somewhere; printable, so that it is HTTP. */
export function somePath(chance: Chance): string {
  let path = `/${oneOf(chance, ['validate', 'audit', 'validate_raw', oneOf(chance, pathParts)])}/`;
  for (let count = below(chance, 4); count > 0; count -= 1) path += `${oneOf(chance, pathParts)}${oneOf(chance, ['', '/', ''])}`;
  return path;
}
