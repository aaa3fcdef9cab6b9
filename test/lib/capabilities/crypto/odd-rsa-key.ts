// RSA keys of any size and exponent with signatures that are valid but for that, by textbook arithmetic: no library
// makes keys that none should accept.

import { createHash, generatePrimeSync } from 'node:crypto';

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if ((rest & 1n) === 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
}

/** The inverse modulo `modulus`, or `undefined` when the two have a common divisor. */
function inverse(value: bigint, modulus: bigint): bigint | undefined {
  let [remainder, next] = [modulus, value % modulus];
  let [coefficient, nextCoefficient] = [0n, 1n];
  while (next !== 0n) {
    const quotient = remainder / next;
    [remainder, next] = [next, remainder - quotient * next];
    [coefficient, nextCoefficient] = [nextCoefficient, coefficient - quotient * nextCoefficient];
  }
  return remainder === 1n ? ((coefficient % modulus) + modulus) % modulus : undefined;
}

function bigEndian(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Uint8Array.of(tag, 0x83, content.length >> 16, (content.length >> 8) & 255, content.length & 255), content]);
}

const integer = (value: bigint) => der(0x02, Uint8Array.of(0), bigEndian(value));

/** PKCS#1 version 1.5 padding of the SHA-256 of a message, as a number (RFC 8017 section 9.2). */
function padded(message: Uint8Array, modulusBytes: number): bigint {
  const digest = Buffer.concat([Buffer.from('3031300d060960864801650304020105000420', 'hex'), createHash('sha256').update(message).digest()]);
  const filler = Buffer.alloc(modulusBytes - digest.length - 3, 0xff);
  return BigInt(`0x${Buffer.concat([Uint8Array.of(0, 1), filler, Uint8Array.of(0), digest]).toString('hex')}`);
}

/** A public key (SPKI) whose modulus is a product of so many primes of 1024 bits, and a PKCS#1 SHA-256 signature by it. */
export function oddRsaKey(primes: number, exponent: bigint, message: Uint8Array): { readonly key: Uint8Array; readonly signature: Uint8Array } {
  let [modulus, order] = [1n, 1n];
  for (let found = 0; found < primes; ) {
    const prime = generatePrimeSync(1024, { bigint: true });
    if (inverse(exponent, prime - 1n) === undefined) continue;
    [modulus, order] = [modulus * prime, order * (prime - 1n)];
    found += 1;
  }
  const modulusBytes = bigEndian(modulus).length;
  const signature = power(padded(message, modulusBytes), inverse(exponent, order) ?? 0n, modulus);
  const algorithm = Buffer.from('300d06092a864886f70d0101010500', 'hex');
  const key = der(0x30, algorithm, der(0x03, Uint8Array.of(0), der(0x30, integer(modulus), integer(exponent))));
  return { key: new Uint8Array(key), signature: new Uint8Array(Buffer.concat([Buffer.alloc(modulusBytes), bigEndian(signature)]).subarray(-modulusBytes)) };
}
