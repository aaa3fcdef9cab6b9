// The sources of policies, as this call's options and environment name them: clients, credentials and the store. The library's
// part is loaded here, when it is needed: most calls run a file and open no connection.
import { join } from 'node:path';

import { Fault } from 'wasmwarden';
import type { FetchedModule, FetchRequest, ModuleStore, SourceClients, SourceEventSink, Verification } from 'wasmwarden/source';

import { showFetchProgress } from './fetch-progress.js';
import { isFile, isTaken } from './files.js';
import type { Session } from './session.js';
import type { SourceFlags } from './source-options.js';

/** Sources that are open until disposed. */
export interface PolicySources extends AsyncDisposable {
  readonly store: ModuleStore;
  readonly clients: SourceClients;
  readonly fetch: (location: string, request?: FetchRequest) => Promise<FetchedModule>;
}

/**
 * Opens the sources.
 *
 * @throws {Fault} `SOURCES_INVALID`, `DOCKER_CONFIG_INVALID`, `STORE_FOLDER_UNKNOWN`
 */
export async function openSources(flags: SourceFlags, session: Session): Promise<PolicySources> {
  const { createModuleFetcher, createSourceClients, machinePlatform, readDockerConfig, readSources } = await import('wasmwarden/source');
  const onEvent: SourceEventSink = showFetchProgress(session.output);
  const sources = await readSources(flags.sourcesPath ?? (await defaultSources(session)), session.environment);
  const clients = createSourceClients({ sources, dockerConfig: await readDockerConfig(await credentialsFolder(flags, session)), onEvent });
  const store = await openStore(session);
  const fetcher = createModuleFetcher({ clients, store, platform: machinePlatform(), verification: await verificationOf(flags, session), onEvent });
  return { store, clients, fetch: (location, request) => fetcher.fetch(location, request), [Symbol.asyncDispose]: () => clients.close() };
}

/**
 * Opens the store alone.
 *
 * @throws {Fault} `STORE_FOLDER_UNKNOWN`
 */
export async function openStore({ environment, output }: Session): Promise<ModuleStore> {
  const { defaultPaths, ModuleStore: Store } = await import('wasmwarden/source');
  const paths = defaultPaths(environment);
  if (paths === undefined) throw new Fault('STORE_FOLDER_UNKNOWN', 'Cannot tell where policies are stored: set HOME, or XDG_CACHE_HOME and XDG_CONFIG_HOME.');
  return new Store({ root: paths.store, onEvent: showFetchProgress(output) });
}

/** The sources file of the configuration folder, if it is there. */
async function defaultSources({ environment }: Session): Promise<string | undefined> {
  const { defaultPaths } = await import('wasmwarden/source');
  const path = defaultPaths(environment)?.sources;
  return path !== undefined && (await isFile(path)) ? path : undefined;
}

async function credentialsFolder({ dockerConfigJsonPath }: SourceFlags, { environment, output }: Session): Promise<string | undefined> {
  const { dockerConfigFolder } = await import('wasmwarden/source');
  if (dockerConfigJsonPath === undefined) return dockerConfigFolder(environment);
  const path = join(dockerConfigJsonPath, 'config.json');
  if (!(await isFile(path))) output.log('warn', `there are no registry credentials: '${path}' does not exist`);
  return dockerConfigJsonPath;
}

/** A configuration that is given asks for verification, and so does whatever has its usual name; without a verifier nothing is fetched. */
async function verificationOf({ verificationConfigPath }: SourceFlags, { environment }: Session): Promise<Verification | undefined> {
  const { defaultPaths } = await import('wasmwarden/source');
  const path = defaultPaths(environment)?.verification;
  return verificationConfigPath !== undefined || (path !== undefined && (await isTaken(path))) ? {} : undefined;
}
