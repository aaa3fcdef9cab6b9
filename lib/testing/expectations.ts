// Expectations on verdicts, for any test framework: they throw an assertion error that shows what was expected and what came.
import { AssertionError, deepStrictEqual } from 'node:assert';

import type { Verdict } from './verdict.js';

/** Expects that the request was accepted. */
export function expectAccepted(verdict: Verdict): void {
  if (verdict.accepted) return;
  throw failure(`expected the policy to accept, but it rejected: ${verdict.message ?? '(no message)'}`, 'accepted', 'rejected');
}

/** Expects that the request was rejected, with this message when one is given. */
export function expectRejected(verdict: Verdict, message?: string | RegExp): void {
  if (verdict.accepted) throw failure('expected the policy to reject, but it accepted', 'rejected', 'accepted');
  if (message === undefined || matches(verdict.message ?? '', message)) return;
  throw failure(`expected the policy to reject with ${String(message)}, but it said: ${verdict.message ?? '(no message)'}`, String(message), verdict.message);
}

/** Expects that the policy accepted and turned the object into this one. */
export function expectMutated(verdict: Verdict, object: unknown): void {
  expectAccepted(verdict);
  if (verdict.patch.length === 0) throw failure('expected the policy to mutate the object, but it left it alone', object, verdict.object);
  deepStrictEqual(verdict.object, object);
}

/** Expects that the policy accepted and left the object alone. */
export function expectUnchanged(verdict: Verdict): void {
  expectAccepted(verdict);
  if (verdict.patch.length > 0) throw failure('expected the policy to leave the object alone, but it mutated it', [], verdict.patch);
}

function matches(text: string, expected: string | RegExp): boolean {
  return typeof expected === 'string' ? text === expected : expected.test(text);
}

function failure(message: string, expected: unknown, actual: unknown): AssertionError {
  return new AssertionError({ message, expected, actual, operator: 'expect' });
}
