import { AssertionError } from 'node:assert';

import * as assert from 'uvu/assert';
import { suite } from 'uvu';

import type { AdmissionResponse } from '../../../lib/policy/response.js';
import { expectAccepted, expectMutated, expectRejected, expectUnchanged } from '../../../lib/testing/expectations.js';
import { verdictOf } from '../../../lib/testing/verdict.js';

const expectations = suite('testing/expectations');

const base = { a: 1, list: [1, 2, 3], nested: { x: true } };
const encoded = (patch: unknown): string => btoa(JSON.stringify(patch));
const response = (extra: Partial<AdmissionResponse>): AdmissionResponse => ({ uid: 'u', allowed: true, auditAnnotations: null, warnings: null, ...extra });
const accepted = verdictOf(response({}), base);
const rejected = verdictOf(response({ allowed: false, status: { message: 'no', code: 403 } }), base);
const mutated = verdictOf(response({ patch: encoded([{ op: 'replace', path: '/a', value: 2 }, { op: 'remove', path: '/list/1' }, { op: 'add', path: '/list/2', value: 4 }, { op: 'add', path: '/nested/y~1z', value: null }]) }), base);

expectations('a verdict shows the object after the patch and leaves the original alone', () => {
  assert.equal(mutated.object, { a: 2, list: [1, 3, 4], nested: { 'x': true, 'y/z': null } });
  assert.equal(base, { a: 1, list: [1, 2, 3], nested: { x: true } });
  assert.equal(verdictOf(response({ patch: encoded([{ op: 'replace', path: '', value: 7 }]) }), base).object, 7);
});

expectations('what holds passes', () => {
  expectAccepted(accepted);
  expectRejected(rejected);
  expectRejected(rejected, 'no');
  expectRejected(rejected, /^n/);
  expectMutated(mutated, mutated.object);
  expectUnchanged(accepted);
});

const failing: readonly (readonly [string, () => void, RegExp])[] = [
  ['accepted of a rejection', () => expectAccepted(rejected), /expected the policy to accept, but it rejected: no/],
  ['rejected of an acceptance', () => expectRejected(accepted), /expected the policy to reject, but it accepted/],
  ['rejected with another message', () => expectRejected(rejected, 'yes'), /expected the policy to reject with yes, but it said: no/],
  ['rejected with another pattern', () => expectRejected(rejected, /^y/), /expected the policy to reject with \/\^y\//],
  ['mutated of an object left alone', () => expectMutated(accepted, base), /left it alone/],
  ['mutated into something else', () => expectMutated(mutated, base), /strictly/],
  ['unchanged of a mutation', () => expectUnchanged(mutated), /but it mutated it/],
];
for (const [title, check, message] of failing) {
  expectations(`fails on ${title}`, () => assert.throws(check, (thrown: unknown) => thrown instanceof AssertionError && message.test(thrown.message)));
}

expectations.run();
