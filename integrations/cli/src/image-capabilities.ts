// The host capabilities that look at images, for a command: sources are opened when a policy first asks, so that other runs
// need neither a network nor a readable configuration.
import type { Capability } from 'wasmwarden';
import type { RegistryClient } from 'wasmwarden/source';

import { openSources, type PolicySources } from './policy-sources.js';
import type { Session } from './session.js';
import type { SourceFlags } from './source-options.js';

/** The capabilities, and the sources behind them until disposed. */
export interface CommandCapabilities extends AsyncDisposable {
  readonly capabilities: readonly Capability[];
}

/** Makes the capabilities. */
export async function commandCapabilities(flags: SourceFlags, session: Session): Promise<CommandCapabilities> {
  const { imageCapabilities, machinePlatform } = await import('wasmwarden/source');
  let sources: Promise<PolicySources> | undefined;
  const registry = async (): Promise<RegistryClient> => (await (sources ??= openSources(flags, session))).clients.registry;
  const capabilities = imageCapabilities({
    platform: machinePlatform(),
    registry: {
      resolveDigest: async (reference, signal) => (await registry()).resolveDigest(reference, signal),
      fetchManifest: async (reference, signal) => (await registry()).fetchManifest(reference, signal),
      fetchImage: async (reference, platform, signal) => (await registry()).fetchImage(reference, platform, signal),
      fetchBlob: async (reference, descriptor, maxBytes, signal) => (await registry()).fetchBlob(reference, descriptor, maxBytes, signal),
    },
  });
  return { capabilities, [Symbol.asyncDispose]: async () => (await sources?.catch(() => undefined))?.[Symbol.asyncDispose]() };
}
