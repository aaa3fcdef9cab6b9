// Host names through the resolver of the system (`getaddrinfo`), with its files, search domains and order of addresses.

import { lookup } from 'node:dns/promises';

import { refusal } from './capability.js';
import type { Resolver } from './dns.js';

/**
 * Lookups that may wait at once. Each takes one of the few threads that Node also reads files with, for as long as the
 * name server that a guest chose likes to be silent, and none can be called back.
 */
const maxPendingLookups = 64;

/** `getaddrinfo` as Node offers it: `node:dns/promises`. */
export type SystemLookup = (host: string, options: { readonly all: true; readonly verbatim: true }) => Promise<readonly { readonly address: string }[]>;

/** The words of `getaddrinfo` for the failures that tell a guest something; others are only named. */
const knownFailures: Readonly<Record<string, string>> = {
  ENOTFOUND: 'Name or service not known',
  EAI_AGAIN: 'Temporary failure in name resolution',
  ENODATA: 'No address associated with hostname',
};

/** Makes a resolver over the system's; `lookupAll` is the system's own unless told otherwise. */
export function systemResolver(lookupAll: SystemLookup = lookup): Resolver {
  let pending = 0;
  return async (host) => {
    if (pending >= maxPendingLookups) throw refusal('too many lookups are waiting for an answer');
    pending += 1;
    try {
      const addresses = await lookupAll(host, { all: true, verbatim: true });
      return addresses.map(({ address }) => address);
    } catch (error) {
      throw refusal(`failed to lookup address information: ${describeFailure(error)}`, error);
    } finally {
      pending -= 1;
    }
  };
}

function describeFailure(error: unknown): string {
  const code: unknown = error instanceof Error ? Reflect.get(error, 'code') : undefined;
  return typeof code === 'string' ? (knownFailures[code] ?? code) : 'the resolver failed';
}
