// Kubeconfigs through `KubeConfig` of `@kubernetes/client-node`: contexts, client certificates, tokens, exec plugins,
// proxies, the service account of a Pod. The package is loaded when it is first needed: that takes a second and 100 MB.
import type { KubeConfig } from '@kubernetes/client-node';

import { Fault, isFault, messageOf } from '../fault.js';
import type { KubernetesFaultCode } from './api-fault.js';
import type { ConnectionSource } from './connection.js';
import { configFault, createConnectionSource, type KubeConfigView } from './connection-source.js';
import { steadyClock } from './steady-clock.js';

/** Where to look for the way to an API server. */
export type KubeConfigOrigin =
  /** `$KUBECONFIG`, else `~/.kube/config`, else the service account of the Pod. */
  | { readonly kind: 'default'; readonly context?: string | undefined }
  | { readonly kind: 'file'; readonly path: string; readonly context?: string | undefined }
  /** The service account of the Pod; below another folder than `/` where `root` names one. */
  | { readonly kind: 'in-cluster'; readonly root?: string | undefined }
  /** What the caller has made already. */
  | { readonly kind: 'given'; readonly config: KubeConfigView };

/** The context's name when `loadFromDefault` found nothing at all. */
const nothingFound = 'loaded-context';

/**
 * Finds the way to an API server.
 *
 * @param nowMs milliseconds of a steady clock
 * @throws {Fault} KUBERNETES_CONFIG_INVALID, KUBERNETES_PACKAGE_MISSING
 */
export async function loadConnection(origin: KubeConfigOrigin = { kind: 'default' }, nowMs: () => number = steadyClock.steadyMs): Promise<ConnectionSource> {
  if (origin.kind === 'given') return createConnectionSource(() => Promise.resolve(origin.config), nowMs);
  const { KubeConfig } = await importPackage();
  const load = (): KubeConfigView => {
    const config = new KubeConfig();
    try {
      fill(config, origin);
    } catch (error) {
      throw isFault(error) ? error : configFault(reasonOf(error));
    }
    return config;
  };
  return createConnectionSource(() => Promise.resolve().then(load), nowMs);
}

async function importPackage(): Promise<{ readonly KubeConfig: new () => KubeConfig }> {
  try {
    return await import('@kubernetes/client-node');
  } catch (error) {
    const found = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND' ? 'is not installed; install version 1.4' : `does not load: ${messageOf(error)}`;
    throw new Fault<KubernetesFaultCode>('KUBERNETES_PACKAGE_MISSING', `cannot read a kubeconfig: the package @kubernetes/client-node ${found}`, { cause: error });
  }
}

function fill(config: KubeConfig, origin: Exclude<KubeConfigOrigin, { readonly kind: 'given' }>): void {
  switch (origin.kind) {
    case 'default':
      config.loadFromDefault();
      if (config.getCurrentContext() === nothingFound) throw configFault('there is none, and no service account either');
      break;
    case 'file':
      config.loadFromFile(origin.path);
      break;
    case 'in-cluster':
      config.loadFromCluster(origin.root);
      // Made of variables that are not set.
      if (config.getCurrentCluster()?.server.includes('://undefined') !== false) throw configFault('this is no Pod: KUBERNETES_SERVICE_HOST is not set');
      return;
  }
  if (origin.context !== undefined) config.setCurrentContext(origin.context);
}

/** The words of an error without the lines that a YAML parser shows, which may hold secrets. */
function reasonOf(error: unknown): string {
  return error instanceof Error && 'reason' in error && typeof error.reason === 'string' ? error.reason : messageOf(error);
}
