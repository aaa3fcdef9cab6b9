// Fetching many modules, a few at a time: every location gets an answer, and no failure stops the others.
import { arch, platform } from 'node:os';

import { type Fault, isFault } from '../fault.js';
import { type Platform, platformOf } from '../oci/platform.js';
import { createModuleFetcher, type FetchedModule, type ModuleFetcher, type Verification } from './module-fetcher.js';
import { ModuleStore } from './module-store.js';
import { createSourceClients, type SourceClientOptions } from './source-clients.js';
import type { SourceEventSink } from './source-event.js';

/** What came of one location. */
export type FetchResult = { readonly kind: 'fetched'; readonly module: FetchedModule } | { readonly kind: 'failed'; readonly fault: Fault };

export interface FetchModulesOptions extends Omit<SourceClientOptions, 'onEvent'> {
  /** The store's root folder. */
  readonly store: string;
  /** How many modules are fetched at once. Default 4. */
  readonly concurrency?: number;
  readonly signal?: AbortSignal;
  /** Which entry of an image index is taken. Default: this machine's. */
  readonly platform?: Platform;
  readonly verification?: Verification | undefined;
  readonly maxModuleBytes?: number;
  readonly onProgress?: SourceEventSink;
}

/** This machine, in the words of OCI. */
export function machinePlatform(): Platform {
  return platformOf(platform(), arch());
}

/**
 * Fetches modules into the store; the same location given twice is fetched once.
 *
 * @returns one result for each distinct location, in their order
 */
export async function fetchModules(locations: readonly string[], options: FetchModulesOptions): Promise<ReadonlyMap<string, FetchResult>> {
  const { store: root, concurrency = 4, signal = new AbortController().signal, onProgress: onEvent = (): void => undefined, verification, maxModuleBytes } = options;
  const clients = createSourceClients({ ...options, onEvent });
  const store = new ModuleStore({ root, onEvent });
  const fetcher = createModuleFetcher({ clients, store, platform: options.platform ?? machinePlatform(), verification, maxModuleBytes, onEvent });
  const results = new Map<string, FetchResult | undefined>(locations.map((location) => [location, undefined]));
  const waiting = [...results.keys()];
  const work = async (): Promise<void> => {
    for (let location = waiting.shift(); location !== undefined; location = waiting.shift()) results.set(location, await resultOf(fetcher, location, signal));
  };
  try {
    await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work));
  } finally {
    await clients.close();
  }
  return new Map([...results].flatMap(([location, result]) => (result === undefined ? [] : [[location, result]])));
}

async function resultOf(fetcher: ModuleFetcher, location: string, signal: AbortSignal): Promise<FetchResult> {
  try {
    return { kind: 'fetched', module: await fetcher.fetch(location, { signal }) };
  } catch (error) {
    if (isFault(error)) return { kind: 'failed', fault: error };
    throw error;
  }
}
