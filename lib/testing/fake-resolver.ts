// A resolver of host names that knows what the test tells it.
import { refusal } from '../capabilities/capability.js';
import type { Resolver } from '../capabilities/dns.js';

/** Makes a resolver from names to addresses; any other name is not found. */
export function fakeResolver(records: Readonly<Record<string, readonly string[]>>): Resolver {
  return (host) => {
    const ips = Object.hasOwn(records, host) ? records[host] : undefined;
    return ips === undefined ? Promise.reject(refusal(`no address is known for the host ${host}`)) : Promise.resolve(ips);
  };
}
