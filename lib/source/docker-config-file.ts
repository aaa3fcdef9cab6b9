// Reads Docker's configuration from a folder, `config.json` in `$DOCKER_CONFIG` or `~/.docker`.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { Fault, isFault } from '../fault.js';
import { type DockerConfig, emptyDockerConfig, parseDockerConfig } from '../oci/docker-config.js';
import type { OciFaultCode } from '../oci/oci-fault.js';
import { fileProblem } from './source-fault.js';
import type { Environment } from './sources.js';

/** The folder of Docker's configuration; nothing when there is no home. */
export function dockerConfigFolder(environment: Environment): string | undefined {
  const { DOCKER_CONFIG, HOME } = environment;
  if (DOCKER_CONFIG !== undefined && DOCKER_CONFIG !== '') return DOCKER_CONFIG;
  return HOME === undefined || HOME === '' ? undefined : join(HOME, '.docker');
}

/**
 * Reads the configuration of a folder; a file that is missing is an empty one.
 *
 * @throws {Fault} `DOCKER_CONFIG_INVALID`, without the file's content
 */
export async function readDockerConfig(folder: string | undefined): Promise<DockerConfig> {
  if (folder === undefined) return emptyDockerConfig;
  const path = join(folder, 'config.json');
  try {
    return parseDockerConfig(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT' || code === 'ENOTDIR') return emptyDockerConfig;
    const because = isFault(error) ? error.message : error instanceof SyntaxError ? 'it is no JSON document' : fileProblem(error);
    throw new Fault<OciFaultCode>('DOCKER_CONFIG_INVALID', `cannot read the registry credentials in ${path}: ${because}`);
  }
}
