// Where modules come from: the clients and credentials that the configuration names, kept open for the host capabilities that
// look at images while the server runs.
import type { Capability } from 'wasmwarden';
import {
  createModuleFetcher,
  createSourceClients,
  dockerConfigFolder,
  imageCapabilities,
  machinePlatform,
  ModuleStore,
  readDockerConfig,
  readSources,
  type Environment,
  type SourceEventSink,
} from 'wasmwarden/source';

import type { ServerConfig } from '../config.js';

/** Modules and images, as the server needs them. */
export interface ModuleSources {
  /** The path of a module's file, downloaded if need be; the same module is fetched once however often it is asked for. */
  locate(module: string): Promise<string>;
  /** The host capabilities that ask registries. */
  readonly capabilities: readonly Capability[];
  close(): Promise<void>;
}

/** How many modules are fetched at once. */
const concurrency = 4;

/**
 * Opens the sources.
 *
 * @throws {Fault} `SOURCES_INVALID`, `DOCKER_CONFIG_INVALID`
 */
export async function openModuleSources(config: ServerConfig, environment: Environment, onEvent: SourceEventSink): Promise<ModuleSources> {
  const sources = await readSources(config.sourcesPath, environment);
  const dockerConfig = await readDockerConfig(config.dockerConfigFolder ?? dockerConfigFolder(environment));
  const clients = createSourceClients({ sources, dockerConfig, onEvent });
  const platform = machinePlatform();
  const fetcher = createModuleFetcher({
    clients,
    platform,
    store: new ModuleStore({ root: config.downloadFolder, onEvent }),
    // Signatures cannot be checked yet: asked for without a verifier, every fetch fails.
    verification: config.verificationPath === undefined ? undefined : {},
    onEvent,
  });
  const slots = limiter(concurrency);
  return {
    locate: (module) => slots(async () => (await fetcher.fetch(module)).path),
    capabilities: imageCapabilities({ registry: clients.registry, platform }),
    close: () => clients.close(),
  };
}

/** Runs at most so many pieces of work at once, the others in their order of arrival. */
function limiter(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (work) => {
    if (running < most) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // The place is handed on, not given back: a newcomer cannot slip in between.
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}
