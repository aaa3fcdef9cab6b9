// Where the reference's command line keeps its files, so that stores and configurations can be shared with it. Pure.
import { join } from 'node:path';

import type { Environment } from './sources.js';

/** Folders and files of one user. */
export interface DefaultPaths {
  readonly store: string;
  readonly sources: string;
  readonly verification: string;
}

/** The paths for an environment; nothing when it names no home. */
export function defaultPaths({ HOME, XDG_CACHE_HOME, XDG_CONFIG_HOME }: Environment): DefaultPaths | undefined {
  const below = (folder: string | undefined, otherwise: string): string | undefined => {
    if (folder !== undefined && folder !== '') return join(folder, 'kubewarden');
    return HOME === undefined || HOME === '' ? undefined : join(HOME, otherwise, 'kubewarden');
  };
  const cache = below(XDG_CACHE_HOME, '.cache');
  const config = below(XDG_CONFIG_HOME, '.config');
  if (cache === undefined || config === undefined) return undefined;
  return { store: join(cache, 'store'), sources: join(config, 'sources.yaml'), verification: join(config, 'verification-config.yml') };
}
