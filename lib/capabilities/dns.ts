// `net/v1/dns_lookup_host`: the addresses of a host name. How names are resolved is the caller's choice; the system's
// own way is in system-resolver.ts.

import { z } from 'zod';

import { type Capability, defineCapability, refusal } from './capability.js';

/**
 * Looks up the addresses of a host name, in the order to be told; rejects when there are none.
 *
 * A `refusal` it throws is told to the guest; give up when the signal fires, if that is possible.
 */
export type Resolver = (host: string, signal: AbortSignal) => Promise<readonly string[]>;

/** RFC 1035 section 2.3.4: 253 characters without the final dot. */
const maxHostChars = 253;

/** No host of the real world has more; a name server that a guest chose may claim any number. */
const maxAddresses = 1024;

// Anything a resolver could take for more than a name is refused: white space, control characters, `%zone`, `/`, `:port`.
// Underscores occur in names of the real world, and an IP address in text form is answered by every resolver.
const hostName = /^(?:[\w-]{1,63}\.)*[\w-]{1,63}\.?$/;
const ipv6Address = /^[0-9a-f:.]{2,45}$/i;

/**
 * Makes the capability that looks up host names: a JSON string in, `{"ips": [...]}` out, never cached.
 */
export function dnsLookup(resolve: Resolver): Capability {
  return defineCapability({
    path: 'net/v1/dns_lookup_host',
    request: z.string(),
    answer: z.object({ ips: z.array(z.string()).readonly() }),
    async handle(host, { signal }) {
      if (!isHostName(host)) throw refusal('the host name is not valid: letters, digits, hyphens and dots are, up to 253 characters');
      const ips = await resolve(host, signal);
      return { ips: ips.slice(0, maxAddresses) };
    },
  });
}

function isHostName(host: string): boolean {
  const name = host.endsWith('.') ? host.slice(0, -1) : host;
  return name.length <= maxHostChars && (hostName.test(host) || (host.includes(':') && ipv6Address.test(host)));
}
