// Kubernetes quantities (`500m`, `1Gi`, `2e3`), exactly, for comparing them.

/** A quantity as a whole number of 10^-exponent: exact, however small or large. */
export interface Quantity {
  readonly value: bigint;
  readonly exponent: number;
}

const binary: Readonly<Record<string, number>> = { Ki: 1, Mi: 2, Gi: 3, Ti: 4, Pi: 5, Ei: 6 };
const decimal: Readonly<Record<string, number>> = { 'n': -9, 'u': -6, 'm': -3, '': 0, 'k': 3, 'M': 6, 'G': 9, 'T': 12, 'P': 15, 'E': 18 };

/** Digits and powers beyond this mean nothing and cost time. */
const most = 100;

const shape = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE][+-]?\d+)|([A-Za-z]{0,2}))$/;

/** Reads a quantity; undefined when it is none. */
export function parseQuantity(text: string | number): Quantity | undefined {
  const [, sign, whole = '', fraction = '', power, suffix = ''] = shape.exec(String(text)) ?? [];
  if (sign === undefined || whole + fraction === '' || whole.length + fraction.length > most) return undefined;
  const digits = BigInt(whole + fraction) * (sign === '-' ? -1n : 1n);
  if (power !== undefined) return scaled(digits, Number(power.slice(1)) - fraction.length);
  const binaryPower = binary[suffix];
  if (binaryPower !== undefined) return scaled(digits * 1024n ** BigInt(binaryPower), -fraction.length);
  const decimalPower = decimal[suffix];
  return decimalPower === undefined ? undefined : scaled(digits, decimalPower - fraction.length);
}

/** Less than zero when `a` is the smaller one, zero when both are the same amount. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const exponent = Math.max(a.exponent, b.exponent);
  const difference = a.value * 10n ** BigInt(exponent - a.exponent) - b.value * 10n ** BigInt(exponent - b.exponent);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The amount `digits * 10^power`. */
function scaled(digits: bigint, power: number): Quantity | undefined {
  if (!Number.isSafeInteger(power) || Math.abs(power) > most * 2) return undefined;
  return power < 0 ? { value: digits, exponent: -power } : { value: digits * 10n ** BigInt(power), exponent: 0 };
}
