import { suite } from 'uvu';
import * as assert from 'uvu/assert';

import type { JsonObject } from '../../../lib/json/json-value.js';
import { firstClaim, isClaimable, type LeaseClaim, leaseClaimOf, leaseSpec, observe, releasedClaim } from '../../../lib/kubernetes/lease.js';
import { formatMicroTime } from '../../../lib/kubernetes/micro-time.js';

const leases = suite('kubernetes/lease');

const claim: LeaseClaim = { holder: 'me', durationMs: 15_000, acquireTime: '2026-01-01T00:00:00.000000Z', renewTime: '2026-01-01T00:00:10.000000Z', transitions: 3 };
const spec = { holderIdentity: 'me', leaseDurationSeconds: 15, acquireTime: claim.acquireTime, renewTime: claim.renewTime, leaseTransitions: 3 };
const leaseOf = (value: JsonObject): Parameters<typeof leaseClaimOf>[0] => ({ apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name: 'l' }, spec: value });

leases('a time has six digits behind the second', () => {
  assert.is(formatMicroTime(Date.UTC(2026, 0, 2, 3, 4, 5, 6)), '2026-01-02T03:04:05.006000Z');
});

leases('a claim is read from a Lease and written into it', () => {
  assert.equal(leaseClaimOf(leaseOf(spec)), claim);
  assert.equal(leaseSpec(claim, undefined), spec);
});

leases('what others keep in the spec stays there', () => {
  assert.equal(leaseSpec(claim, { preferredHolder: 'x', holderIdentity: 'other' }), { ...spec, preferredHolder: 'x' });
});

leases('a duration is rounded up to whole seconds, one at least', () => {
  assert.is(leaseSpec({ ...claim, durationMs: 1001 }, undefined)['leaseDurationSeconds'], 2);
  assert.is(leaseSpec({ ...claim, durationMs: 0 }, undefined)['leaseDurationSeconds'], 1);
});

leases('a Lease without a spec, or with nonsense in it, is held by nobody', () => {
  for (const value of [{}, { holderIdentity: null, leaseDurationSeconds: 'x' }]) assert.is(leaseClaimOf(leaseOf(value)).holder, '');
  assert.is(leaseClaimOf({ apiVersion: 'v1', kind: 'Lease', metadata: { name: 'l' } }).holder, '');
});

leases('a claim that changes in anything is seen as alive, whatever its times say', () => {
  const first = observe(undefined, claim, 100);
  assert.equal(first, { claim, sinceMs: 100 });
  assert.is(observe(first, { ...claim }, 500), first);
  for (const change of [{ holder: 'x' }, { renewTime: '1970-01-01T00:00:00.000000Z' }, { acquireTime: 'x' }, { transitions: 4 }, { durationMs: 1 }]) assert.is(observe(first, { ...claim, ...change }, 500).sinceMs, 500);
});

const claimable: readonly [title: string, claim: LeaseClaim, sinceMs: number, nowMs: number, expected: boolean][] = [
  ['nobody holds it', { ...claim, holder: '' }, 0, 0, true],
  ['the candidate held it before', { ...claim, holder: 'candidate' }, 0, 0, true],
  ['the holder has been silent for less than its term', claim, 1000, 15_999, false],
  ['the holder has been silent for its whole term', claim, 1000, 16_000, true],
];

for (const [title, held, sinceMs, nowMs, expected] of claimable) leases(`${expected ? 'claimable' : 'not claimable'}: ${title}`, () => assert.is(isClaimable({ claim: held, sinceMs }, 'candidate', nowMs), expected));

leases('a new leader counts as a transition, an old one goes on with its claim', () => {
  const own = { identity: 'new', durationMs: 20_000, time: 'now' };
  assert.equal(firstClaim(undefined, own), { holder: 'new', durationMs: 20_000, acquireTime: 'now', renewTime: 'now', transitions: 0 });
  assert.equal(firstClaim(claim, own), { holder: 'new', durationMs: 20_000, acquireTime: 'now', renewTime: 'now', transitions: 4 });
  assert.equal(firstClaim(claim, { ...own, identity: 'me' }), { ...claim, durationMs: 20_000, renewTime: 'now' });
});

leases('a released Lease has no holder and a short term', () => {
  assert.equal(releasedClaim(claim, 'now'), { holder: '', durationMs: 1000, acquireTime: 'now', renewTime: 'now', transitions: 3 });
});

leases.run();
