// The host capabilities that every runtime offers, with what they need of the world.

import type { Capability } from './capability.js';
import { certificateTrust } from './crypto/certificate-trust.js';
import { dnsLookup, type Resolver } from './dns.js';
import { systemResolver } from './system-resolver.js';

/** What the built-in capabilities need of the world: the system's own unless told otherwise. */
export interface CapabilityPorts {
  readonly resolve?: Resolver;
  readonly now?: () => Date;
}

/** Makes the capabilities that need no client of a registry or a cluster. */
export function builtInCapabilities({ resolve = systemResolver(), now = (): Date => new Date() }: CapabilityPorts = {}): readonly Capability[] {
  return [dnsLookup(resolve), certificateTrust(now)];
}
