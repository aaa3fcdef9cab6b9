// A number as it was written. Equality follows the reference's number type: 64-bit integers and doubles are different kinds.

const smallestI64 = -(2n ** 63n);
const largestU64 = 2n ** 64n - 1n;
/** Every integer of so many characters fits 64 bits, so that no BigInt need be made. */
const alwaysFits = 18;

/** A JSON number that keeps its own text: `1.0`, `1e3` and `18446744073709551615` survive unchanged. */
export class JsonNumber {
  readonly text: string;

  /** @param text a number in JSON's grammar; the parser has checked it */
  constructor(text: string) {
    this.text = text;
  }
}

/** Tells whether the reference keeps the number as a 64-bit integer; `-0`, a point, an exponent or more digits make it a double. */
function isInteger(text: string): boolean {
  if (text === '-0' || !/^-?[0-9]+$/.test(text)) return false;
  if (text.length <= alwaysFits) return true;
  if (text.length > 20) return false; // as many as the longest of either limit; also keeps BigInt from a hostile length
  const value = BigInt(text);
  return value >= smallestI64 && value <= largestU64;
}

/** Tells whether two numbers are equal to the reference: `1` and `1.0` are not, `1.0` and `1e0` are. */
export function sameNumber(a: JsonNumber, b: JsonNumber): boolean {
  if (a.text === b.text) return true;
  // JSON allows one spelling of an integer, so two integers with different texts differ.
  return !isInteger(a.text) && !isInteger(b.text) && Number(a.text) === Number(b.text);
}
