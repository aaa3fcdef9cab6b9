// What a Lease says about who leads, and what follows from having watched it. PURE: times are parameters, and those of
// other machines are never compared with ours.
import type { JsonObject, JsonValue } from '../json/json-value.js';
import { type ApiObject, isJsonObject } from './api-object.js';
import type { ApiResource, ObjectAddress } from './resource.js';

/** The resource of Leases. */
export const leases: ApiResource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases', kind: 'Lease', namespaced: true };

/** The part of a Lease that elections use. */
export interface LeaseClaim {
  /** Empty when nobody leads. */
  readonly holder: string;
  readonly durationMs: number;
  /** As written by the holder's clock; only ever compared for being the same. */
  readonly acquireTime: string;
  readonly renewTime: string;
  readonly transitions: number;
}

/** A claim, and since when we have seen it unchanged. */
export interface Observation {
  readonly claim: LeaseClaim;
  /** On our own steady clock. */
  readonly sinceMs: number;
}

/** Reads a Lease; what is missing or wrong reads as a claim of nobody. */
export function leaseClaimOf(lease: ApiObject): LeaseClaim {
  const spec = isJsonObject(lease['spec']) ? lease['spec'] : {};
  const { holderIdentity, leaseDurationSeconds, acquireTime, renewTime, leaseTransitions } = spec;
  return {
    holder: textOf(holderIdentity),
    durationMs: typeof leaseDurationSeconds === 'number' ? leaseDurationSeconds * 1000 : 0,
    acquireTime: textOf(acquireTime),
    renewTime: textOf(renewTime),
    transitions: typeof leaseTransitions === 'number' ? leaseTransitions : 0,
  };
}

/** The spec that makes a claim; what else the Lease holds is kept. */
export function leaseSpec(claim: LeaseClaim, previous: JsonValue | undefined): JsonObject {
  return {
    ...(isJsonObject(previous) ? previous : {}),
    holderIdentity: claim.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(claim.durationMs / 1000)),
    acquireTime: claim.acquireTime,
    renewTime: claim.renewTime,
    leaseTransitions: claim.transitions,
  };
}

/** Takes a look at a claim: one that has changed is alive from now on. */
export function observe(previous: Observation | undefined, claim: LeaseClaim, nowMs: number): Observation {
  return previous !== undefined && isSameClaim(previous.claim, claim) ? previous : { claim, sinceMs: nowMs };
}

function isSameClaim(a: LeaseClaim, b: LeaseClaim): boolean {
  return a.holder === b.holder && a.durationMs === b.durationMs && a.acquireTime === b.acquireTime && a.renewTime === b.renewTime && a.transitions === b.transitions;
}

/** Tells whether a candidate may claim the Lease: nobody holds it, it holds it itself, or the holder has been silent for its whole term. */
export function isClaimable({ claim, sinceMs }: Observation, identity: string, nowMs: number): boolean {
  return claim.holder === '' || claim.holder === identity || nowMs - sinceMs >= claim.durationMs;
}

/** The claim of a new leader. */
export function firstClaim(previous: LeaseClaim | undefined, own: { readonly identity: string; readonly durationMs: number; readonly time: string }): LeaseClaim {
  const { identity, durationMs, time } = own;
  if (previous?.holder === identity) return { ...previous, durationMs, renewTime: time };
  return { holder: identity, durationMs, acquireTime: time, renewTime: time, transitions: previous === undefined ? 0 : previous.transitions + 1 };
}

/** The claim of a leader that steps down: nobody has to wait. */
export function releasedClaim(claim: LeaseClaim, time: string): LeaseClaim {
  return { ...claim, holder: '', durationMs: 1000, acquireTime: time, renewTime: time };
}

/** Where an election's Lease is. */
export function leaseAddress(namespace: string, name: string): ObjectAddress {
  return { resource: leases, namespace, name };
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}
