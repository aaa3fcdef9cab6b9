// The JSON Patch (RFC 6902) between two documents, operation for operation as the reference generates it (contract 0.4).
// Applying patches is the API server's business.
import { sortedKeys } from '../json/key-order.js';
import { formatLossless, isList, isMap, sameValue, type Lossless } from '../json/lossless.js';

/** One step of a patch; `path` is a JSON Pointer (RFC 6901), '' for the whole document. */
export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: Lossless }
  | { readonly op: 'remove'; readonly path: string };

/**
 * Characters of pointers one patch may hold (about 16 MiB). Each operation repeats the keys above it, so a long key
 * over many changes would multiply a 3 MiB document into terabytes.
 */
export const maxPointerChars = 16 * 1024 * 1024;

/**
 * The operations that turn `base` into `target`, none when they are equal.
 *
 * Linear in both documents: arrays are compared index by index. A patch whose pointers would exceed `maxPointerChars`
 * becomes the replacement of the whole document.
 */
export function jsonPatch(base: Lossless, target: Lossless): readonly Operation[] {
  const patch = new Patch();
  compare(base, target, patch);
  return patch.pointerChars > maxPointerChars ? [{ op: 'replace', path: '', value: target }] : patch.operations;
}

/** The patch as JSON text: no white space, values with sorted keys and numbers as they were written. */
export function formatPatch(operations: readonly Operation[]): string {
  const steps = operations.map((step) => {
    const head = `{"op":"${step.op}","path":${JSON.stringify(step.path)}`;
    return step.op === 'remove' ? `${head}}` : `${head},"value":${formatLossless(step.value)}}`;
  });
  return `[${steps.join(',')}]`;
}

/** Operations so far, and the place where the comparison stands. */
class Patch {
  readonly operations: Operation[] = [];
  pointerChars = 0;
  private readonly trail: string[] = [];

  /** Runs a comparison one level down, at a key or index. */
  within(step: string | number, visit: () => void): void {
    this.trail.push(escapeStep(step));
    visit();
    this.trail.pop();
  }

  put(op: 'add' | 'replace', value: Lossless): void {
    const path = this.pointer();
    if (path !== undefined) this.operations.push({ op, path, value });
  }

  remove(): void {
    const path = this.pointer();
    if (path !== undefined) this.operations.push({ op: 'remove', path });
  }

  /** Where the comparison stands, or nothing once the pointers have become too long to be worth having. */
  private pointer(): string | undefined {
    this.pointerChars += this.trail.reduce((sum, step) => sum + step.length, 0);
    return this.pointerChars > maxPointerChars ? undefined : this.trail.join('');
  }
}

const escapeStep = (step: string | number): string =>
  typeof step === 'number' ? `/${step}` : `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`;

function compare(base: Lossless, target: Lossless, patch: Patch): void {
  if (isMap(base) && isMap(target)) compareObjects(base, target, patch);
  else if (isList(base) && isList(target)) compareArrays(base, target, patch);
  else if (!sameValue(base, target)) patch.put('replace', target);
}

function compareObjects(base: ReadonlyMap<string, Lossless>, target: ReadonlyMap<string, Lossless>, patch: Patch): void {
  for (const key of sortedKeys(target)) {
    const after = target.get(key) ?? null;
    patch.within(key, () => {
      if (base.has(key)) compare(base.get(key) ?? null, after, patch);
      else patch.put('add', after);
    });
  }
  for (const key of sortedKeys(base)) {
    if (!target.has(key)) patch.within(key, () => patch.remove());
  }
}

function compareArrays(base: readonly Lossless[], target: readonly Lossless[], patch: Patch): void {
  target.forEach((after, index) => {
    patch.within(index, () => {
      if (index < base.length) compare(base[index] ?? null, after, patch);
      else patch.put('add', after);
    });
  });
  // Each removal shifts the rest down, so the surplus goes at one and the same index.
  for (let surplus = target.length; surplus < base.length; surplus += 1) {
    patch.within(target.length, () => patch.remove());
  }
}
